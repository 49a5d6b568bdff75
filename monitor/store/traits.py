"""What agencies share with each other, as looks have shown it: for telling a common cause from many single ones."""

from collections.abc import Mapping

from monitor.incidents import Cause, Sharing
from monitor.model import Agency
from probes import Fact

# Facts of one look that tell of the agency's own host: a handshake names both, and ends where it began.
_OF_THE_HOST = {"certificate_issuer": Sharing.ISSUER, "network": Sharing.NETWORK}
_FAMILY = "platform_family"


class Traits:
    """The latest of each kind that was seen; a look that fails takes nothing back."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[Sharing, str]] = {}

    def note(self, code: str, facts: Mapping[str, Fact]) -> None:
        if facts.keys() >= _OF_THE_HOST.keys():
            for name, sharing in _OF_THE_HOST.items():
                self._keep(code, sharing, facts[name])
        if _FAMILY in facts:
            self._keep(code, Sharing.PLATFORM, facts[_FAMILY])

    def _keep(self, code: str, sharing: Sharing, value: Fact) -> None:
        if value:
            self._seen.setdefault(code, {})[sharing] = str(value)

    def forget(self, present: Mapping[str, object]) -> None:
        """All but those who are still there."""
        self._seen = {code: seen for code, seen in self._seen.items() if code in present}

    def of(self, agency: Agency) -> tuple[Cause, ...]:
        """What the configuration says of its software goes before what was seen."""
        seen = self._seen.get(agency.code, {})
        if agency.platform:
            seen = {**seen, Sharing.PLATFORM: agency.platform}
        level = Cause(sharing=Sharing.LEVEL, value=agency.level.value)
        return (*(Cause(sharing=sharing, value=value) for sharing, value in seen.items()), level)
