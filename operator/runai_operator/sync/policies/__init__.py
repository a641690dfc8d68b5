"""The policies of `decide`, by what they are about: each looks at a situation, and answers or passes. No I/O."""
