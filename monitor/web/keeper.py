"""Follows the files of the web's configuration, so that a renewed certificate holds without a restart."""

import asyncio
from typing import Final, Protocol

import structlog

from monitor.settings import ConfigError, read_web
from monitor.vitals import Vitals
from monitor.web_config import Fingerprint, WebConfig, fingerprint

EVERY: Final = 5.0  # seconds between looks at the files

log = structlog.get_logger()


class Kept(Protocol):
    """What is entered by a configuration that may be renewed."""

    @property
    def config(self) -> WebConfig | None: ...

    @property
    def seen(self) -> Fingerprint:
        """Of the configuration's files, when they were read."""

    async def renew(self, config: WebConfig | None) -> None: ...


class Keeper:
    """Reads the files anew once they have changed and stayed so from one look to the next: not while one is written."""

    def __init__(self, kept: Kept, vitals: Vitals) -> None:
        self._kept = kept
        self._vitals = vitals
        self._before: Fingerprint = ()
        self._failed: Fingerprint = ()

    async def follow(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            try:
                await self.look()
            except Exception:  # whatever is wrong with one look: certificates must not grow old unseen
                log.exception("web_config_not_followed")
                self._vitals.web_ok = False

    async def look(self) -> None:
        config = self._kept.config
        seen = await asyncio.to_thread(fingerprint, config.files) if config else ()
        before, self._before = self._before, seen
        if config is None or seen == self._kept.seen:
            self._vitals.web_ok = True
        elif seen == before != self._failed:
            await self._renew(config, seen)

    async def _renew(self, config: WebConfig, seen: Fingerprint) -> None:
        try:
            await self._kept.renew(await asyncio.to_thread(read_web, config.file, config.file.parent.parent))
        except (ConfigError, OSError) as error:
            errors = error.errors if isinstance(error, ConfigError) else (str(error),)
            log.warning("web_config_failed", kept="the one of before", errors=list(errors))
            self._failed, self._vitals.web_ok = seen, False
        except Exception:
            log.exception("web_config_failed", kept="the one of before")
            self._failed, self._vitals.web_ok = seen, False
        else:
            log.info("web_config_renewed", file=config.file.name)
            self._vitals.web_ok = True
