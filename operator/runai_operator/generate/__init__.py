"""What follows from models, tables and Lua: CRDs, what deploy/ derives from them, and the generated pages of docs/."""
