"""`python -m tests.image build|describe|starts|sbom|audit`."""

import argparse
import sys
import tempfile
from pathlib import Path

from .audit import SERVICE, NotAnswered, advisories
from .base import build_without_a_registry
from .build import REQUIREMENTS, Image, build
from .builders import BuildFailed, find_builder
from .describe import contents, report
from .sbom import bill, locked
from .starts import starts


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments))
    except (BuildFailed, NotAnswered) as error:
        print(f"{arguments.command}: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.image", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("build", help="build the Dockerfile")
    making.add_argument("--tag", default="runai-operator:dev")
    making.add_argument("--archive", type=Path, help="write the image into this file, too")
    making.add_argument("--source", default="", help="the label that says where its source is")
    making.add_argument("--revision", default="", help="the label that says of which commit it is")
    making.add_argument("--base-storage", type=Path, help="make the base from Debian's packages, and keep all there")
    making.set_defaults(run=_build)
    telling = commands.add_parser("describe", help="how large an archive is, and what is in it")
    telling.add_argument("archive", type=Path)
    telling.set_defaults(run=_describe)
    starting = commands.add_parser("starts", help="how long the imports of a start take in an archive (root)")
    starting.add_argument("archive", type=Path)
    starting.set_defaults(run=_starts)
    billing = commands.add_parser("sbom", help="write the bill of materials (CycloneDX)")
    billing.add_argument("--output", type=Path, required=True)
    billing.set_defaults(run=_sbom)
    auditing = commands.add_parser("audit", help="ask what is known against the locked requirements")
    auditing.add_argument("--service", default=SERVICE, help="a database with OSV's API (%(default)s)")
    auditing.set_defaults(run=_audit)
    return parser


def _build(arguments: argparse.Namespace) -> int:
    image = Image(arguments.tag, arguments.source, arguments.revision)
    if arguments.base_storage is None:
        _build_on_the_pulled_base(image, arguments.archive)
    else:
        build_without_a_registry(image, arguments.base_storage.absolute(), archive=arguments.archive)
    print(f"built {arguments.tag}" + (f", in {arguments.archive}" if arguments.archive else ""))
    return 0


def _build_on_the_pulled_base(image: Image, archive: Path | None) -> None:
    try:
        build(image, find_builder(), archive=archive)
    except BuildFailed as error:
        hint = "where no image registry is reached, --base-storage FOLDER makes the base from Debian's packages"
        raise BuildFailed(f"{error} ({hint})") from None


def _describe(arguments: argparse.Namespace) -> int:
    print(report(contents(arguments.archive)))
    return 0


def _starts(arguments: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="runai-operator-image-") as folder:
        for start in starts(arguments.archive, Path(folder)):
            print(start)
    return 0


def _sbom(arguments: argparse.Namespace) -> int:
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(bill(REQUIREMENTS.read_text()))
    print(f"wrote {arguments.output}")
    return 0


def _audit(arguments: argparse.Namespace) -> int:
    packages = locked(REQUIREMENTS.read_text())
    found = advisories(packages, arguments.service)
    for package, ids in found.items():
        print(f"{package.name} {package.version}: {', '.join(ids)}")
    print(f"{len(packages)} packages, {len(found)} with known vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
