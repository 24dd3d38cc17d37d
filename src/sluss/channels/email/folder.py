"""One folder of a mailbox, read in the order of its numbers. In: an opened folder. Out: every mail that comes into it, once.

The position is UIDVALIDITY and the last UID: nothing depends on read marks or dates. Only when the server numbers a folder anew are its
mails compared with those we have, by what their headers say, their size and their arrival.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sluss.channels.contract import Connection, Surroundings
from sluss.channels.email.fetching import MARKED, Batch, Fetching, Source, mark_of
from sluss.channels.email.imap_client import ImapClient, Selected
from sluss.channels.email.imap_words import Detail, encoded_name
from sluss.kernel.clock import DAY

AT_ONCE = Batch(20, 2_000_000)
WINDOW = 500


class Position(msgspec.Struct, frozen=True):
    """How far a folder has been read; `at` is when that was last so, in microseconds UTC.

    `floor` is when the newest of the mails arrived that lay there before us. Up to `compare_to` mails are compared with those we have,
    since the server numbered them anew; of them those that are not known and came after `floor`, or lie behind `tail`, are new.
    `turn` tells numberings apart that bear one UIDVALIDITY. `mark` is that of the last mail read.
    """

    uidvalidity: int
    uid: int
    at: int
    floor: int | None = None
    compare_to: int = 0
    tail: int = 0
    turn: int = 0
    mark: str = ""

    @property
    def numbering(self) -> str:
        return f"{self.uidvalidity}.{self.turn}" if self.turn else str(self.uidvalidity)


class Folder(msgspec.Struct, frozen=True):
    """A folder to be read: `name` as people see it, `cursor` where its position is remembered."""

    name: str
    cursor: str
    sent: bool = False

    @property
    def wire(self) -> str:
        return encoded_name(self.name)


class FolderReader:
    """Reads one folder while it is open in a client. `largest` in bytes."""

    def __init__(self, folder: Folder, connection: Connection, around: Surroundings, largest: int) -> None:
        self.folder = folder
        self._connection, self._around, self._largest = connection, around, largest
        self.position = Position(0, 0, 0)

    async def resume(self, client: ImapClient, selected: Selected, former: Sequence[str]) -> None:
        """Find the place to go on from. `former` are cursors of folders that are read no more: this may be one of them, renamed."""
        known = await self._stored(self.folder.cursor)
        if known is None:
            known = await self._renamed(client, selected, former)
        if known is None:
            # Not by UIDNEXT, which servers get wrong: what is there now is old, whatever has a higher number later is new.
            last = await self._last(client, selected)
            known = Position(selected.uidvalidity, last.uid, self._around.now(), floor=last.at)
        elif known.uidvalidity != selected.uidvalidity or await self._went_back(client, selected, known):
            known = await self._compared(client, selected, known)
        await self._remember(known)

    async def read_on(self, client: ImapClient, fetching: Fetching, most: int) -> tuple[int, int]:
        """Hands on what came after the position, about so many mails at most; how many there were, and how many are left."""
        # `n:*` always names the last mail, even an old one, hence the filter.
        uids = [uid for uid in await client.search(f"UID {self.position.uid + 1}:*") if uid > self.position.uid]
        handled = 0
        for start in range(0, len(uids), WINDOW):
            handled += await self._read(client, fetching, uids[start : start + WINDOW])
            if handled >= most:
                return handled, max(0, len(uids) - start - WINDOW)
        return handled, 0

    @property
    def source(self) -> Source:
        origin = "sent" if self.folder.sent else ""
        return Source(self._connection, self.position.numbering, self.folder.name, self._largest, origin)

    async def _read(self, client: ImapClient, fetching: Fetching, uids: list[int]) -> int:
        comparing = uids[0] <= self.position.compare_to
        details = await client.details(uids, MARKED if comparing else "")
        found = [details[uid] for uid in uids if uid in details]
        fresh = await self._not_ours(found) if comparing else found
        for group in fetching.groups(self.source, fresh, AT_ONCE):
            mails = await fetching.take(self.source, group)
            await self._around.intake.receive(self._connection, mails)
            mark = mails[-1].mark if mails else ""
            await self._remember(msgspec.structs.replace(self.position, uid=group[-1].uid, mark=mark))
        if found and found[-1].uid > self.position.uid:
            await self._remember(msgspec.structs.replace(self.position, uid=found[-1].uid, mark=""))
        return len(found)

    async def _not_ours(self, found: Sequence[Detail]) -> list[Detail]:
        """Of mails that were numbered anew those that nobody has handed on yet and that did not lie there before us."""
        position = self.position
        marks = {one.uid: mark_of(one.header, one) for one in found}
        known = await self._around.intake.known(self._connection, [mark for mark in marks.values() if mark])
        floor = position.floor or 0
        return [
            one
            for one in found
            if marks[one.uid] not in known and (one.uid > position.compare_to or one.at > floor or one.uid > position.tail > 0)
        ]

    async def _compared(self, client: ImapClient, selected: Selected, known: Position) -> Position:
        """The start of a new numbering: everything is looked at again, nothing known is fetched."""
        last = await self._last(client, selected)
        turn = known.turn + 1 if known.uidvalidity == selected.uidvalidity else 0
        # A position that an older Sluss remembered knows no floor.
        floor = known.at - 2 * DAY if known.floor is None else known.floor
        tail = await self._last_of_ours(client, selected)
        return Position(selected.uidvalidity, 0, self._around.now(), floor=floor, compare_to=last.uid, tail=tail, turn=turn)

    async def _last_of_ours(self, client: ImapClient, selected: Selected) -> int:
        """The highest number under which a mail lies that we have; 0 when there is none."""
        for last in range(selected.exists, 0, -WINDOW):
            details = await client.details_by_number(max(1, last - WINDOW + 1), last, MARKED)
            marks = {mark: one.uid for one in details.values() if (mark := mark_of(one.header, one))}
            known = await self._around.intake.known(self._connection, list(marks))
            if known:
                return max(marks[mark] for mark in known)
        return 0

    async def _went_back(self, client: ImapClient, selected: Selected, known: Position) -> bool:
        """Whether the server forgot numbers that it had given, as after a restore: they will come again for other mails."""
        if not 0 < selected.uidnext <= known.uid:
            return False
        return (await self._last(client, selected)).uid < known.uid

    async def _last(self, client: ImapClient, selected: Selected) -> Detail:
        """The newest mail of the folder; one numbered 0 for an empty folder."""
        found = await client.details_by_number(selected.exists, selected.exists) if selected.exists else dict[int, Detail]()
        highest = max(await client.search("UID *") if selected.exists and not found else found, default=0)
        return found.get(highest, Detail(highest, 0, 0))

    async def _renamed(self, client: ImapClient, selected: Selected, former: Sequence[str]) -> Position | None:
        """The position of a folder that is read no more, when its last mail lies here under its number, or others of ours do."""
        for cursor in former:
            known = await self._stored(cursor)
            if known and known.uidvalidity == selected.uidvalidity and await self._bears(client, known):
                return known
        tail = await self._last_of_ours(client, selected) if former else 0
        if not tail:
            return None
        floors = [known.floor or 0 for cursor in former if (known := await self._stored(cursor))]
        last = await self._last(client, selected)
        return Position(selected.uidvalidity, 0, self._around.now(), floor=max(floors, default=0), compare_to=last.uid, tail=tail)

    async def _bears(self, client: ImapClient, known: Position) -> bool:
        found = (await client.details([known.uid], MARKED)).get(known.uid) if known.mark else None
        return found is not None and mark_of(found.header, found) == known.mark

    async def _stored(self, cursor: str) -> Position | None:
        stored = await self._around.cursors.get(cursor)
        return msgspec.convert(stored, Position) if stored else None

    async def _remember(self, position: Position) -> None:
        if position != self.position:
            self.position = msgspec.structs.replace(position, at=self._around.now())
            await self._around.cursors.put(self.folder.cursor, msgspec.to_builtins(self.position))
