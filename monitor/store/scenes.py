"""What incidents are told from, kept beside the looks: what agencies share, and whose looks met national trouble."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from monitor.incidents import Cause, Loss, Scene, sharing_of
from monitor.judge import NOT_ABOUT_THE_AGENCY
from monitor.model import Agency, Level, Result, Standing, State, Watch
from monitor.store.endings import Endings
from monitor.store.traits import Traits
from probes import Reason, Status

Is = Callable[[str], bool]  # of a national system, by its code
Shares = tuple[Mapping[str, tuple[Cause, ...]], Mapping[Cause, int]]


class Scenes:
    """`down` tells whether a system is held not to be connected, `well` whether its latest looks were all ok.

    `standing` gives that of an agency of the plan by its code.
    """

    def __init__(self, down: Is, well: Is, standing: Callable[[str], Standing]) -> None:
        self._down = down
        self._well = well
        self.endings = Endings()
        self._traits = Traits()
        self._doubted: set[tuple[str, str]] = set()  # held to be ok, and the latest look says otherwise
        self._standing = standing
        self._national: tuple[str, ...] = ()
        self._needing: dict[str, frozenset[str]] = {}  # by system: the agencies whose looks need it
        self._upstream: dict[tuple[str, str], tuple[str, ...]] = {}  # whose latest look met trouble upstream: systems
        self._one: dict[Cause, Cause] = {}
        self._rows: dict[tuple[Cause, ...], tuple[Cause, ...]] = {}
        self._watched: tuple[Agency, ...] = ()  # who count, and are looked at
        # Of those; never changed, only replaced: (traits, how many share each). None before anybody is in doubt: while all
        # is well nobody asks for it.
        self._shares: Shares | None = None

    def plan(self, agencies: Sequence[Agency], watches: Iterable[Watch]) -> None:
        """From now on these are looked at."""
        needing: defaultdict[str, set[str]] = defaultdict(set)
        asked = {*self._upstream, *self._doubted, *self.endings.keys}
        met, looked_at = set(), set()  # there may be a million watches: of their keys only those that are asked for
        for watch in watches:
            looked_at.add(watch.agency.code)
            if asked and watch.key in asked:
                met.add(watch.key)
            for system in watch.check.depends_on:
                needing[system].add(watch.agency.code)
        self._needing = {system: frozenset(codes) for system, codes in needing.items()}
        self._national = tuple(agency.code for agency in agencies if agency.level is Level.NATIONAL)
        self._upstream = {key: systems for key, systems in self._upstream.items() if key in met}
        self._doubted &= met
        self.endings.forget(met)
        self._traits.forget({agency.code: agency for agency in agencies})
        self._watched = tuple(agency for agency in agencies if agency.counted and agency.code in looked_at)
        self._shares = None

    def note(self, watch: Watch, result: Result, held: State) -> None:
        """What a look found of what is shared, whether it got as far as the agency, and whether it fits what is held."""
        seen = result.observation
        self._traits.note(watch.agency, seen.facts)
        self.endings.note(watch, result)
        if seen.reason is Reason.UPSTREAM:
            self._upstream[watch.key] = watch.check.depends_on
        elif self._upstream:
            self._upstream.pop(watch.key, None)
        if seen.status is not Status.OK and held.status is Status.OK:
            if watch.check.proves and seen.reason not in NOT_ABOUT_THE_AGENCY:
                self._doubted.add(watch.key)
        elif self._doubted:
            self._doubted.discard(watch.key)

    @property
    def doubtful(self) -> frozenset[str]:
        """Agencies that may soon be lost: a look at what is held to be well found it was not."""
        return frozenset(code for code, _ in self._doubted)

    @property
    def quiet(self) -> bool:
        """Whether no national system may be down."""
        return not (self._upstream or any(map(self._down, self._national)))

    def scene(self, lost: Mapping[str, Loss], *, online: bool) -> Scene:
        """Of this instant."""
        traits, sharing = self._kept_up(self._shares or self._counted_anew())
        needing, down = self._needing, [code for code in self._national if self._down(code)]
        return Scene(
            lost=lost,
            traits=traits,
            sharing=sharing,
            national={code: needing.get(code, frozenset()) for code in down},
            began={code: self._standing(code).connected.since for code in down},
            upstream=self._met(),
            doubtful=self.doubtful,
            online=online,
        )

    def keep_up(self) -> None:
        """What agencies share, as it is by now: a few at a time, for all of them at once would keep looks waiting."""
        if self._shares or self._doubted:  # whoever is in doubt now may be lost soon: then it must not take long
            self._kept_up(self._shares or self._counted_anew())
        else:
            self._traits.changed.clear()

    def _counted_anew(self) -> Shares:
        self._one.clear()
        self._rows.clear()
        self._traits.changed.clear()
        traits = {agency.code: self._of(agency) for agency in self._watched}
        return traits, sharing_of(traits)

    def _kept_up(self, shares: Shares) -> Shares:
        before, sharing = self._shares = shares
        changed, self._traits.changed = self._traits.changed & before.keys(), set()
        if not changed:
            return shares
        now = {code: self._of(self._standing(code).agency) for code in changed}
        met = Counter(sharing)
        met.subtract(sharing_of({code: before[code] for code in changed}))
        met.update(sharing_of(now))
        self._shares = {**before, **now}, +met
        return self._shares

    def _of(self, agency: Agency) -> tuple[Cause, ...]:
        """Equal causes are the same object, for they are compared at every scene; and so are equal rows of them."""
        causes = tuple(self._one.setdefault(cause, cause) for cause in self._traits.of(agency))
        return self._rows.setdefault(causes, causes)

    def _met(self) -> dict[str, tuple[frozenset[str], int]]:
        """By national system: whose latest look that needs it found one failing, of how many who need it.

        Where the system's own check is in doubt too, its verdict is soon to come: it is waited for.
        """
        met: defaultdict[str, set[str]] = defaultdict(set)
        for (code, _), systems in self._upstream.items():
            for system in systems:
                met[system].add(code)
        of = {system: len(self._needing.get(system, ())) for system in met}
        return {system: (frozenset(codes), of[system]) for system, codes in met.items() if self._well(system)}
