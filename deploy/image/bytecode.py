"""Run while the image is built: compiles the modules that `run`, `connect` and `simulate` import, and no others.

Under a read-only root Python cannot keep what it compiled, and would compile a thousand modules at every start. Bytecode
of everything would be three times as large as what a start uses (docs/image.md has the figures). It is not held against
the source's time, which images and their layers do not keep reliably.
"""

import importlib
import sys
from pathlib import Path
from py_compile import PycInvalidationMode, compile

ENTRIES = tuple(f"runai_operator.{name}" for name in ("cli.app", "cli.connecting", "cli.process", "kube.election"))

for entry in (*ENTRIES, "runai_simulator"):
    importlib.import_module(entry)
sources = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
modules = sorted(each for each in sources if each and each.endswith(".py") and Path(each) != Path(__file__))
for source in modules:
    compile(source, doraise=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
print(f"compiled {len(modules)} modules")
