"""Measures what a look costs, side by side with others: `python bench/looking.py`. Nothing here is asserted.

Targets and everything else run on one core, what is measured on another, all in a network of their own. Every round
measures everyone at every target, so that ratios are of looks made within the same minutes.

    python bench/looking.py                                        # everyone, everywhere; tables in Markdown
    python bench/looking.py --only ours --plain --looks 3000       # quick: CPU of our looks as the tree is now
    python bench/looking.py --only ours --tls ecdsa --profile      # and where it goes
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import contenders, memory
from bench.figures import ratio, spread, table
from bench.targets import Targets, running
from bench.world import enter

LOOKS = {"plain": 5000, "ecdsa": 2000, "rsa": 2000, "long": 2000, "dead": 4000}
TITLES = {
    "plain": "HTTP",
    "ecdsa": "HTTPS ECDSA",
    "rsa": "HTTPS RSA-2048",
    "long": "HTTPS long chain",
    "dead": "refused",
    "slow": "HTTP",
    "slowtls": "HTTPS",
}
BLACKBOX, FAST, OPENSSL = "blackbox_exporter", "ours, rustls", "ours, openssl"

Costs = dict[str, dict[str, list[float]]]  # of a contender at a target, one figure a round


def measure(options: argparse.Namespace, everyone: Sequence[contenders.Contender], targets: Iterable[str]) -> Costs:
    """Paired rounds; who begins changes from round to round."""
    costs: Costs = defaultdict(lambda: defaultdict(list))
    for number in range(options.rounds):
        for target in targets:
            for each in [*everyone[number % len(everyone) :], *everyone[: number % len(everyone)]]:
                if target in each.targets:
                    cost = each.cost(target, options.looks or LOOKS[target])
                    costs[each.name][target].append(cost)
                    print(f"round {number + 1}: {each.name} at {target}: {cost:.3f} ms", file=sys.stderr, flush=True)
    return costs


def costs_table(costs: Costs, targets: Sequence[str]) -> str:
    def cells(name: str, target: str) -> tuple[str, str]:
        held, theirs = costs[name].get(target), costs.get(BLACKBOX, {}).get(target)
        if not held:
            return "–", ""
        return spread(held), f"{ratio(held, theirs):.2f}" if theirs else ""

    head = ["CPU ms a look", *(cell for target in targets for cell in (TITLES[target], "×"))]
    rows = [[name, *(cell for target in targets for cell in cells(name, target))] for name in costs]
    return table(head, rows)


def remembered(options: argparse.Namespace, targets: Targets, *, with_blackbox: bool) -> Costs:
    """kB of a look under way."""
    held: Costs = defaultdict(lambda: defaultdict(list))
    everyone = memory.everyone(targets.folder, targets.root, with_blackbox=with_blackbox)
    for number in range(options.memory_rounds):
        for target in ("slow", "slowtls"):
            for name, cost in everyone.items():
                held[name][target].append(cost(targets, target))
                print(f"round {number + 1}: {name} at {target}: {held[name][target][-1]:.1f} kB", file=sys.stderr)
    return held


def memory_table(held: Costs) -> str:
    rows = [[name, *(spread(of[target], 1) for target in ("slow", "slowtls"))] for name, of in held.items()]
    return table([f"kB a look, {memory.AT_ONCE} under way", "HTTP", "HTTPS"], rows)


def goals_table(costs: Costs, held: Costs) -> str:
    """What was aimed at, beside what was measured; a goal whose contender is missing is left out."""
    rows = []
    for name, target, least in (
        (FAST, "ecdsa", 2.0),
        (FAST, "rsa", 2.0),
        (FAST, "long", 3.0),
        (OPENSSL, "ecdsa", 1.1),
        (OPENSSL, "plain", 6.0),
    ):
        our, their = costs.get(name, {}).get(target), costs.get(BLACKBOX, {}).get(target)
        if our and their:
            rows.append(_goal(f"{name}, {TITLES[target]}: looks per CPU second", least, ratio(our, their), most=False))
    for target in ("ecdsa", "rsa", "long"):
        floors = [of[target] for name, of in costs.items() if name.startswith("C: ") and target in of]
        if floors and (our := costs.get(FAST, {}).get(target)):
            floor = [min(figures) for figures in zip(*floors, strict=True)]
            rows.append(_goal(f"{FAST}, {TITLES[target]}: cost against the C floor", 1.3, ratio(floor, our), most=True))
    for name, target, most in ((OPENSSL, "slow", 2.5), (OPENSSL, "slowtls", 45.0), (FAST, "slowtls", 45.0)):
        if figures := held.get(name, {}).get(target):
            middle = sorted(figures)[len(figures) // 2]
            rows.append(_goal(f"{name}, {TITLES[target]}: kB a look under way", most, middle, most=True))
    return table(["goal", "", "measured", ""], rows)


def _goal(what: str, wanted: float, found: float, *, most: bool) -> list[str]:
    met = found <= wanted if most else found >= wanted
    return [what, f"{'≤' if most else '≥'} {wanted}", f"{found:.2f}", "met" if met else "**not met**"]


def quick(options: argparse.Namespace, targets: Targets, wanted: Sequence[str]) -> None:
    """Our looks only, as the tree is now."""
    for engine in [options.engine] if options.engine else contenders.engines():
        for target in wanted:
            if options.profile:
                program = [*contenders.ours(engine, targets.root), "--target", target, "--profile"]
                program += ["--looks", str(options.looks or LOOKS[target])]
                subprocess.run(contenders.measured(program), check=True)
                continue
            cost = contenders.of_worker(contenders.ours(engine, targets.root))
            figures = [1000 * cost(target, options.looks or LOOKS[target]) for _ in range(options.rounds)]
            print(f"{engine:8} {target:8} {spread(figures, 0)} µs", flush=True)


def whole(options: argparse.Namespace, targets: Targets, wanted: Sequence[str]) -> None:
    with contextlib.ExitStack() as stack:
        everyone = contenders.everyone(targets.folder, targets.root, stack)
        there = any(each.name == BLACKBOX for each in everyone)
        if not there:
            print("blackbox_exporter is not installed: no ratios; `make debian-packages` installs it.\n")
        costs = measure(options, everyone, wanted)
    print(costs_table(costs, wanted), flush=True)
    held = remembered(options, targets, with_blackbox=there)
    print(memory_table(held))
    print(goals_table(costs, held), flush=True)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["ours"], help="quick: the rest is left out")
    parser.add_argument("--plain", action="store_true", help="HTTP only")
    parser.add_argument("--tls", metavar="TARGET", choices=sorted(TITLES), help="this target only")
    parser.add_argument("--engine", default="", help="of ours; none: every one")
    parser.add_argument("--looks", type=int, default=0, help="a round; 0: as many as take some seconds")
    parser.add_argument("--rounds", type=int, default=0, help="4, and 1 with --only")
    parser.add_argument("--memory-rounds", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.only else 4)
    return options


def main() -> None:
    options = parsed()
    wanted = ["plain"] if options.plain else [options.tls] if options.tls else list(LOOKS)
    with tempfile.TemporaryDirectory(prefix="npsp-bench-") as folder:
        enter(Path(folder))
        contenders.pin()
        with running(Path(folder)) as targets:
            (quick if options.only else whole)(options, targets, wanted)


if __name__ == "__main__":
    main()
