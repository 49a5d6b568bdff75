"""What agencies share with each other, as looks have shown it: for telling a common cause from many single ones."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from monitor.incidents import Cause, Sharing
from monitor.model import Agency, host_of
from probes import Fact

# Facts of the server that answered last; a handshake names both.
_OF_THE_HOST = {"certificate_issuer": Sharing.ISSUER, "network": Sharing.NETWORK}
_FAMILY = "platform_family"
_NOTHING: Mapping[Sharing, str] = MappingProxyType({})


class Traits:
    """The latest of each kind that was seen; a look that fails takes nothing back."""

    def __init__(self) -> None:
        self._seen: dict[str, Mapping[Sharing, str]] = {}
        self.changed: set[str] = set()  # codes of whom something new was seen; who reads them takes them out

    def note(self, agency: Agency, facts: Mapping[str, Fact]) -> None:
        """What a look found; one that ended elsewhere, as at the sign-on, tells nothing of the agency's own host."""
        known = self._seen.get(agency.code, _NOTHING)
        news = {sharing: value for sharing, value in _told(facts) if value and known.get(sharing) != value}
        # To read addresses takes longer than all the rest, and mostly there is no news.
        if news and own(agency, facts):
            self._seen[agency.code] = {**known, **news}
            self.changed.add(agency.code)

    def forget(self, present: Mapping[str, object]) -> None:
        """All but those who are still there."""
        self._seen = {code: seen for code, seen in self._seen.items() if code in present}

    def of(self, agency: Agency) -> tuple[Cause, ...]:
        """What the configuration says of its software goes before what was seen."""
        seen = self._seen.get(agency.code, _NOTHING)
        if agency.platform:
            seen = {**seen, Sharing.PLATFORM: agency.platform}
        level = Cause(sharing=Sharing.LEVEL, value=agency.level.value)
        return (*(Cause(sharing=sharing, value=value) for sharing, value in seen.items()), level)


def own(agency: Agency, facts: Mapping[str, Fact]) -> bool:
    """Whether the page, and the server that was asked last, are the agency's own."""
    hosts = (host_of(str(facts["url"])) if "url" in facts else None, facts.get("host"))
    return all(host in agency.hosts for host in hosts if host is not None)


def _told(facts: Mapping[str, Fact]) -> Iterator[tuple[Sharing, str]]:
    if facts.keys() >= _OF_THE_HOST.keys():
        for name, sharing in _OF_THE_HOST.items():
            yield sharing, str(facts[name])
    if _FAMILY in facts:
        yield Sharing.PLATFORM, str(facts[_FAMILY])
