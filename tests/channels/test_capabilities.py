"""What channels declare, by kind: what a reader of the desk may rely on."""

from __future__ import annotations

from sluss.channels.registry import channel_named, channel_names


def test_letters_and_what_is_public_can_be_taken_back_and_a_chat_is_not_held_up() -> None:
    """A delay in a private chat feels broken; a letter, or a word that everybody reads, is worth ten seconds."""
    wanted = {True: 10, False: 0}
    declared = {name: channel_named(name).capabilities for name in channel_names()}
    assert declared
    assert {name: one.undo_seconds for name, one in declared.items()} == {
        name: wanted[one.is_letter or one.visibility == "public"] for name, one in declared.items()
    }
