"""What the people around a double of a Mastodon server do. In: verbs. Out: posts, notifications and events as the server makes them."""

from __future__ import annotations

from typing import Any

from sluss.sandbox.mastodon.server import MastodonServer
from sluss.sandbox.mastodon.world import US, Medium, Member, Said


class MastodonDouble(MastodonServer):
    """A server of its own: `await double.say(…)`, `edit`, `remove`, `native_reply(…)`. With `deaf` streams nobody is told at once."""

    deaf = False

    async def say(self, who: Member, text: str, *, picture: bytes = b"", alt: str = "", **more: Any) -> Said:
        """Somebody posts; we are told where it names or quotes us. `more`: `answers`, `quotes`, `visibility`, `spoiler`, `language`."""
        said = self.world.say(who, text, **more)
        if picture:
            said.media = [self._hang(picture, alt)]
        quoted = self.world.posts.get(said.quotes)
        kind = "mention" if US in {one.id for one in self.world.named(said)} else "quote" if quoted and quoted.author.id == US else ""
        if kind:
            told = self.world.notify(kind, who, said)
            self._tell("notification", told)
        return said

    async def edit(self, said: Said, text: str) -> None:
        """The author says it otherwise."""
        said.text, said.edited_at = text, self.world.now()
        self._tell("status.update", self.world.tell(said))

    async def remove(self, said: Said) -> None:
        """The author takes it away."""
        self.world.posts.pop(said.id, None)
        self._tell("delete", said.id)

    async def like(self, who: Member, said: Said) -> None:
        """Somebody marks a post of ours."""
        self._tell("notification", self.world.notify("favourite", who, said))

    async def native_reply(self, said: Said, text: str, program: str = "Web") -> Said:
        """One of us answers by the server's own page, or by another program."""
        answer = self.world.say(self.us, text, answers=said.id, visibility=said.visibility, program=program)
        self._tell("update", self.world.tell(answer))
        return answer

    async def native_post(self, text: str) -> Said:
        """One of us posts something of our own."""
        said = self.world.say(self.us, text, program="Web")
        self._tell("update", self.world.tell(said))
        return said

    def _tell(self, event: str, payload: Any) -> None:
        if not self.deaf:
            self.send_event(event, payload)

    def _hang(self, picture: bytes, alt: str) -> str:
        key = self.world.new_id()
        self.world.media[key] = Medium(id=key, media_type="image/png", data=picture, url=f"{self.url}/media/{key}", alt=alt)
        return key
