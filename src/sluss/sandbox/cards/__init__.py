"""A speaking double of an outside system that knows customers: an airline's bookings, with trouble on command."""
