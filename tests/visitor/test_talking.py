"""A visitor writes, one of us answers, both see it."""

from __future__ import annotations

from tests.visitor.ground import Ground


async def test_what_is_written_is_kept_once_answered_and_pushed(ground: Ground) -> None:
    guest = ground.visitor()
    key = "abcdefghijklmnop"
    for _ in range(2):
        sent = await guest.write("Min väska är borta.", key=key, name="Åsa", page='{"url":"https://www.norrsken.example/bag?x=1#y"}')
        assert (sent.status_code, sent.json()) == (202, {"stored": True, "key": key})
    await ground.admit()
    assert await guest.texts() == ["Min väska är borta."]
    async with guest.listening() as listener:
        [start] = listener.named("start")
        assert [one["key"] for one in start["items"]] == [key]
        await ground.answer("Vi letar.")
        await listener.until(lambda: [one for one in listener.named("item") if one["from"] == "agent"])
        item = listener.named("item")[-1]
        assert (item["text"], item["name"], item["state"]) == ("Vi letar.", "Maja Ek", "sent")
