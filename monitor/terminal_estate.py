"""What whoever starts the emulated estate is told: where it is, and how to break an agency."""

from monitor import terminal


def say_demo(url: str, control: str, scenario: str, about: str) -> None:
    """What a person who starts the demo has to know."""
    terminal.say(f"SYNTHETIC scenario {scenario}: {about}")
    terminal.say(f"  page     {url}/")
    terminal.say(f"  metrics  {url}/metrics")
    terminal.say(f"  faults   {_break_one(control, 'refused')}")
    terminal.say("  Ctrl-C ends it")


def say_how_to_break(control: str, scenario: str) -> None:
    """To who looks at the estate with a monitor of their own, by whatever rules: a door that is gone may be right."""
    terminal.say(f"to break an agency: {_break_one(control, 'sync_collapsed')}")
    terminal.say(f"each fault by its word: npsp-monitor testbed --scenario {scenario} --faults; Ctrl-C ends the estate")


def _break_one(control: str, fault: str) -> str:
    return f"curl -X POST http://{control}/hosts/H26/{fault}   (none: all is well; GET / lists them)"
