"""Whose it is that a notice was not taken: the channel's, or its own where the channel takes others and not this one."""


class Setbacks:
    """Of one channel, by ids of deliveries. What an earlier process saw is the channel's until it is seen again."""

    def __init__(self) -> None:
        self._failed: set[int] = set()  # since something was taken last
        self._passed: set[int] = set()  # others were taken after these had failed
        self._sure: set[int] = set()
        self._learned: set[int] = set()

    @property
    def own(self) -> frozenset[int]:
        """Those that fail by themselves: they say nothing about the channel, and hold up nobody else."""
        return frozenset(self._sure | self._learned)

    def failed(self, id_: int, *, own: bool) -> None:
        """`own`: it is certain, such as where some recipients have it, or where the receiver said when to come again."""
        self._failed.add(id_)
        self._sure.discard(id_)
        if own:
            self._sure.add(id_)
        elif id_ in self._passed:
            self._learned.add(id_)
        else:
            self._learned.clear()  # the channel may be down, and what was learned a mistake of that moment

    def taken(self, id_: int) -> None:
        self.forget(id_)
        self._passed |= self._failed
        self._failed.clear()

    def forget(self, id_: int) -> None:
        """It is settled."""
        for each in (self._failed, self._passed, self._sure, self._learned):
            each.discard(id_)
