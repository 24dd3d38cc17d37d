"""What stands around the messages of a set: posts, windows, who people are. In: arrivals, as they are placed. Out: a few statements."""

from __future__ import annotations

from sluss.cases.arrivals import Arrival
from sluss.cases.posts import forget_bystanders, hang_threads, save_bystanders, save_posts
from sluss.cases.standings import open_windows
from sluss.cases.strands import Strand
from sluss.channels.happenings import Bystander, Post
from sluss.channels.who import Profile
from sluss.contacts.profiles import save_profiles
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx


class Scene:
    """Gathers while a set is recorded; `store` writes when its messages are there."""

    def __init__(self, tx: Tx, who: Actor) -> None:
        self._tx, self._who = tx, who
        self._posts: list[tuple[int, Post]] = []
        self._hung: dict[int, tuple[int, str]] = {}
        self._here: set[str] = set()
        self._around: list[tuple[int, Bystander]] = []
        self._opened: dict[int, int] = {}
        self._profiles: dict[int, Profile] = {}

    def place(self, arrival: Arrival, strand: Strand, identity_id: int = 0) -> None:
        """A message that stands in a strand; `identity_id` is who wrote it, 0 one of us."""
        one = arrival.inbound
        if one.post is not None:
            self._posts.append((arrival.inbox_id, one.post))
            self._here.add(one.external_id)
            if arrival.inbox_id == strand.inbox_id:
                self._hung.setdefault(strand.thread_id, (arrival.inbox_id, one.post.key))
        if identity_id and one.profile is not None:
            self._profiles[identity_id] = one.profile
        if identity_id and arrival.windowed and one.opens and not arrival.history:
            at = min(one.sent_at or arrival.received_at, arrival.received_at)
            self._opened[strand.thread_id] = max(at, self._opened.get(strand.thread_id, 0))

    def stand_by(self, arrival: Arrival) -> None:
        """What one of us said in public where no customer is: shown around what customers say there."""
        one = arrival.inbound
        if one.post is not None and one.post.key != one.external_id:
            at = one.sent_at or arrival.received_at
            said = Bystander(
                post=one.post,
                external_id=one.external_id,
                author=one.sender,
                text=one.text,
                at=at,
                parent_key=one.parent_key,
                url=one.url,
                ours=True,
            )
            self._around.append((arrival.inbox_id, said))

    def store(self) -> None:
        """Write everything."""
        if self._posts:
            ids = save_posts(self._tx, self._who, self._posts)
            hang_threads(self._tx, self._who, {thread_id: ids[key] for thread_id, key in self._hung.items()})
            forget_bystanders(self._tx, self._who, ids.values(), self._here)
        if self._around:
            save_bystanders(self._tx, self._who, self._around)
        open_windows(self._tx, self._who, self._opened)
        save_profiles(self._tx, self._who, self._profiles)
