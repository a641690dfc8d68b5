"""Lua 5.1 as Argo CD runs the scripts of its customizations: with base, package and table, and of `os` two functions.

What it opens stands in its sources, util/lua/lua.go (`runLua`) and oslib_safe.go; in Lua 5.1 itself `string`, `math`,
`io`, and methods of strings, would be there.
"""

from collections.abc import Mapping
from typing import Any

from lupa.lua51 import LuaRuntime, lua_type

_AS_IN_ARGO_CD = """
local date, time = os.date, os.time
debug.setmetatable("", nil)
for _, name in ipairs({"string", "math", "io", "os", "debug", "coroutine", "python", "gcinfo"}) do
  _G[name] = nil
  package.loaded[name] = nil
end
package.loaders = {package.loaders[1]}
package.preload["os"] = function() return {date = date, time = time} end
"""


def run(script: str, obj: Mapping[str, Any]) -> Any:
    """What the script returns for this object, as JSON; as there, an empty table becomes a list.

    Raises LuaError where the script fails.
    """
    lua = LuaRuntime(unpack_returned_tuples=True)
    lua.execute(_AS_IN_ARGO_CD)
    lua.globals()["obj"] = _to_lua(lua, obj)
    return _to_json(lua.execute(script))


def _to_lua(lua: LuaRuntime, value: Any) -> Any:
    if isinstance(value, Mapping):
        return lua.table_from({key: _to_lua(lua, each) for key, each in value.items()})
    if isinstance(value, list | tuple):
        return lua.table_from([_to_lua(lua, each) for each in value])
    return value


def _to_json(value: Any) -> Any:
    if lua_type(value) != "table":
        return value
    items = {key: _to_json(each) for key, each in value.items()}
    if any(isinstance(key, str) for key in items):
        return items
    return [items[place] for place in sorted(items)]
