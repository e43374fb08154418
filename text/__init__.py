"""Text that people write and see: names, what is visible, graphemes, direction, mentions.

Pure functions over strings, which every app may import. The portal has the same rules in
`frontend/src/lib/text/`; both are held to the vectors in `tests/text/vectors.json`.
"""
