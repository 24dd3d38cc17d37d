"""A notice on a chat: shown before anybody writes, told to those who have it open, and gone with its matter."""

from __future__ import annotations

from sluss.broadcast.notices import NoticeFields, Saying, say_something, withdraw_notice, write_notice
from tests.visitor.ground import KEY, OTHER_KEY, Ground


async def test_a_notice_is_shown_and_told_to_open_chats(ground: Ground) -> None:
    """Its words come as text, in the visitor's language, on this chat alone, at once."""
    maja, db = ground.web.world.who("maja"), ground.db
    guest = ground.visitor()
    await guest.write("Hej!")
    await ground.admit()
    notice_id = db.write_now(write_notice, maja, NoticeFields(title="Betalningar"))
    async with guest.listening() as listener:
        first = Saying(kind="first", text="Kort <b>fungerar</b> inte.", chat_ids=(ground.inboxes[KEY],))
        db.write_now(say_something, maja, notice_id, first)
        await listener.until(lambda: listener.named("state"))
        [told] = listener.named("state")[-1]["notices"]
        assert (told["text"], told["solved"]) == ("Kort <b>fungerar</b> inte.", False)
        page = await ground.web.browser(ground.web.world.norrsken.host).get(f"/chat/{KEY}?lang=sv")
        assert "Kort &lt;b&gt;fungerar&lt;/b&gt; inte." in page.text
        assert "fungerar" not in (await ground.web.browser(ground.web.world.norrsken.host).get(f"/chat/{OTHER_KEY}")).text
        db.write_now(withdraw_notice, maja, notice_id)
        await listener.until(lambda: listener.named("state")[-1]["notices"] == [])
