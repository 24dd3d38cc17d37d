"""A visitor writes, one of us answers, both see it."""

from __future__ import annotations

from sluss.kernel import metrics
from sluss.visitor.limits import Buckets
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
        assert metrics.value_of("sluss_visitor_streams") == 1
    assert metrics.value_of("sluss_visitor_streams") == 0
    labels = {"method": "GET", "status": "200"}
    measured = [metrics.value_of("sluss_request_seconds_count", route=f"/chat/{{key}}/{one}", **labels) for one in ("messages", "live")]
    assert [bool(measured[0]), measured[1]] == [True, None]


async def test_older_messages_come_in_pages(ground: Ground) -> None:
    guest = ground.visitor()
    limits = ground.hub.limits
    limits.messages = limits.messages_a_day = Buckets("test", 100, 1)
    for n in range(45):
        await guest.write(str(n))
    await ground.admit()
    async with guest.listening() as listener:
        [start] = listener.named("start")
    assert ([one["text"] for one in start["items"]], start["more"]) == ([str(n) for n in range(5, 45)], True)
    older = (await guest.ask("GET", f"messages?before={start['items'][0]['id']}")).json()
    assert ([one["text"] for one in older["items"]], older["more"]) == ([str(n) for n in range(5)], False)
