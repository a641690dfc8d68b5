"""`python -m runai_operator.generate`: write every generated file anew. From the root of the repository."""

from collections.abc import Mapping
from pathlib import Path

from runai_operator.generate.argocd import argocd
from runai_operator.generate.crd_files import chart_crds, crds
from runai_operator.generate.fields_pages import fields_pages
from runai_operator.generate.json_schemas import schemas
from runai_operator.generate.kustomize import kustomize
from runai_operator.generate.reasons_page import reasons_page
from runai_operator.generate.settings_pages import settings_pages

KIT = Path("deploy/argocd")


def main() -> None:
    _write(Path("crds"), crds())
    _write(Path("deploy/helm/runai-operator/templates/crds"), chart_crds())
    _write(Path("deploy/schemas"), schemas())
    _write(Path("deploy/kustomize/component"), kustomize())
    _write(KIT, argocd(KIT))
    _write(Path("docs/reference"), {**reasons_page(), **fields_pages(), **settings_pages()})


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)


if __name__ == "__main__":
    main()
