"""A speaking double of Telegram: the bot interface at its own address, people with telephones, groups, and a business account."""
