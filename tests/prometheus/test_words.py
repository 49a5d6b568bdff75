"""The texts of alerts say in words, in both languages, what the metrics say in codes; by promtool, for every code there is."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from monitor import words
from monitor.incidents import Sharing
from monitor.model import Level
from monitor.words import Language
from probes import Reason

ROOT = Path(__file__).parents[2]
RULES = ROOT / "config" / "prometheus" / "rules"
TESTS = sorted((Path(__file__).parent / "rules").glob("*.yml"))
CHECKS = yaml.safe_load((ROOT / "config" / "checks.yaml").read_text(encoding="utf-8"))
SAMPLED = 'instance="a:9884",job="npsp-monitor"'
CODE = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b|\b(?:monitor|national|issuer|network|platform|level)/\w+")
TERMS = {"client_id"}  # of OAuth, for those who have to mend it
UNKNOWN = {Language.VI: "chưa rõ", Language.EN: "not known"}


def program(name):
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is missing; `make debian-packages` installs it")
        pytest.skip(f"{name} is not installed; `make debian-packages` installs it")
    return path


def codes(text):
    """Codes in a text, but for the names of checks in quotation marks, which their owner chose."""
    return [found for found in CODE.findall(re.sub(r'"\w+"', "", text)) if found not in TERMS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An agency that is lost for a reason, and what is to be told of why and of the incident."""

    code: str
    vi: str
    en: str
    check: str = ""
    reason: str = ""
    incident: str = ""

    def series(self):
        of = f'agency="{self.code}",level="province"'
        for answer, values in (("yes", "1x59 0x40"), ("no", "0x59 1x40")):
            yield f'npsp_agency_standing{{{of},condition="connected",answer="{answer}",{SAMPLED}}}', values
        yield f'npsp_agency_standing_since_timestamp_seconds{{{of},condition="connected",{SAMPLED}}}', "0x59 3600x40"
        if self.reason:
            why = f'condition="connected",check="{self.check}",reason="{self.reason}"'
            yield f"npsp_agency_reason{{{of},{why},{SAMPLED}}}", "_x60 1x39"
        if self.incident:
            incident = f'incident="{self.incident}",sharing="{self.incident.partition("/")[0]}",{SAMPLED}'
            yield f"npsp_agency_incident{{{of},{incident}}}", "_x60 1x39"
            yield f"npsp_incident_since_timestamp_seconds{{{incident}}}", "_x60 3600x39"

    def expected(self):
        labels = {"agency": self.code, "level": "province", "condition": "connected", "severity": "warning"}
        begun = "1970-01-01 08:00 (time of Viet Nam)", "08:00 ngày 01/01/1970 (giờ Việt Nam)"
        links = {
            "runbook_url": "http://m.example/runbooks/NpspAgencyLost",
            "dashboard_url": f"http://g.example/d/npsp-agency-vi?var-agency={self.code}",
            "dashboard_url_en": f"http://g.example/d/npsp-agency-en?var-agency={self.code}",
        }
        texts = {
            "summary_vi": f"{self.code} ({self.code}): mất kết nối với Cổng Dịch vụ công quốc gia",
            "summary": f"{self.code} ({self.code}): no longer connected to the National Public Service Portal",
            "description_vi": f'Kết quả kiểm tra là "chưa kết nối" từ {begun[1]}; trước đó đã có lúc đạt. Căn cứ: {self.vi}',
            "description": f'The answer is "not connected" since {begun[0]}; it was met before. Decided by: {self.en}',
        }
        labels |= {"incident": self.incident} if self.incident else {}
        return {"exp_labels": labels, "exp_annotations": texts | links}


def told(path, *lost, more=()):
    """promtool finds that these, and no others, are told as expected."""
    series = dict(pair for each in lost for pair in each.series()) | dict(more)
    test = {
        "interval": "1m",
        "external_labels": {"monitor_url": "http://m.example", "grafana_url": "http://g.example"},
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {"eval_time": "70m", "alertname": "NpspAgencyLost", "exp_alerts": [each.expected() for each in lost]}
        ],
    }
    order = ["words", "memory", "agencies", "levels", "alerts-agencies", "alerts-service", "alerts-monitor"]
    made = {
        "rule_files": [str(file) for file in sorted(RULES.glob("*.yml"))],
        "evaluation_interval": "1m",
        "group_eval_order": [f"npsp-{name}" for name in order],
        "tests": [test],
    }
    file = path / "test.yml"
    file.write_text(yaml.safe_dump(made, allow_unicode=True), encoding="utf-8")
    ran = subprocess.run([program("promtool"), "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def kind_of(check, language):
    return words.kind(CHECKS[check]["probe"], language)


def decided(number, reason, check):
    said = {each: f"{kind_of(check, each)} – {words.word(reason, each)}." for each in Language}
    return Lost(code=f"R{number:02d}", check=check, reason=reason.value, vi=said[Language.VI], en=said[Language.EN])


def test_every_reason_and_every_check_is_told_in_words(tmp_path):
    checks = sorted(CHECKS)
    told(tmp_path, *(decided(n, reason, checks[n % len(checks)]) for n, reason in enumerate(Reason)))
    assert len(Reason) >= len(checks), "some checks were not told"


def test_a_document_and_no_evidence_are_told_in_words_and_a_check_of_ones_own_by_its_name_as_such(tmp_path):
    told(
        tmp_path,
        Lost(code="R01", reason="document", vi="văn bản.", en="document."),
        Lost(code="R02", reason="no_evidence", vi="không có căn cứ.", en="no evidence."),
        Lost(
            code="R03",
            check="my_own",
            reason="http_5xx",
            vi='mục kiểm tra "my_own" – máy chủ báo lỗi (HTTP 5xx).',
            en='check "my_own" – the server reports an error (HTTP 5xx).',
        ),
    )


SHARED = {
    "national/SIGNON": ("hệ thống quốc gia (Đăng nhập)", "national system (Sign-on)"),
    "issuer/94c6699e": (
        "nơi cấp chứng thư số (mã rút gọn 94c6699e, tên đầy đủ ở trang trạng thái)",
        "issuer of certificates (short code 94c6699e, named on the status page)",
    ),
    "network/1a2b3c4d": (
        "mạng đặt máy chủ (mã rút gọn 1a2b3c4d, tên đầy đủ ở trang trạng thái)",
        "hosting network (short code 1a2b3c4d, named on the status page)",
    ),
    "platform/igate": ("phần mềm (igate)", "software (igate)"),
    "level/province": ("cấp (địa phương)", "level (province)"),
}


def test_what_the_agencies_of_an_incident_share_is_told_in_words(tmp_path):
    system = f'npsp_agency_info{{agency="SIGNON",level="national",name="Đăng nhập",name_en="Sign-on",{SAMPLED}}}'
    lost = [
        Lost(
            code=f"I{number}",
            incident=incident,
            vi=f"{UNKNOWN[Language.VI]}. Thuộc sự cố chung: {vi}.",
            en=f"{UNKNOWN[Language.EN]}. Part of an incident: {en}.",
        )
        for number, (incident, (vi, en)) in enumerate(SHARED.items())
    ]
    told(tmp_path, *lost, more=[(system, "1x99")])


def test_that_is_everything_that_may_be_shared():
    # The monitor's own link is no reason why an agency is lost.
    assert {name.partition("/")[0] for name in SHARED} == {*map(str, Sharing)} - {Sharing.MONITOR.value}
    assert SHARED["level/province"][1] == f"level ({words.one_of(Level.PROVINCE, Language.EN)})"


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_no_code_is_in_a_text_that_an_alert_is_seen_to_tell(file):
    for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]:
        for alert in (each for one in test["alert_rule_test"] for each in one["exp_alerts"]):
            for name, text in alert["exp_annotations"].items():
                assert "url" in name or codes(text) == [], text


def test_a_code_in_a_text_would_be_found():
    assert codes("Căn cứ: sign_on (not_visible).") == ["sign_on", "not_visible"]
    assert codes("Thuộc sự cố chung: national/SIGNON, network/94c6699e") == ["national/SIGNON", "network/94c6699e"]
    assert codes('mục kiểm tra "my_own": the single sign-on link has no client_id') == []
