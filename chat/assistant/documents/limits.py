"""Limits on documents and sizes of passages, each with its reason."""

from typing import Final

# Within the 8 MiB of a request's body, with room for multipart headers.
FILE_BYTES: Final = 7 * 1024 * 1024
# About 400 pages. A longer document is a collection, and is found better in parts.
TEXT_CHARS: Final = 1_000_000
PDF_PAGES: Final = 1_000

# HTML and PDF may be malicious: they are parsed in a child process with these limits on processor
# time (seconds) and memory. 500 dense pages of a PDF take 10 s and 200 MB.
READ_S: Final = 30
READ_MEMORY_BYTES: Final = 512 * 1024 * 1024
# Its output: a text of up to four bytes per character, and the positions of blocks.
READ_OUTPUT_BYTES: Final = 16 * 1024 * 1024
# Paragraphs, list items and tables of one document: each is an object in memory. A text of
# `TEXT_CHARS` that consists of short list items has half as many.
BLOCKS: Final = 100_000
# Passages of one document: each is a row. A text of `TEXT_CHARS` has 1,100, a dictionary with a
# heading for each word ten times as many.
CHUNKS: Final = 20_000
# Elements of a page, and their nesting depth; browsers stop at a depth of 512. Beyond these limits
# a parser takes quadratic time.
HTML_ELEMENTS: Final = 300_000
HTML_DEPTH: Final = 1_000

# One line of a list; answers show it too.
TITLE_CHARS: Final = 200
KEY_CHARS: Final = 200
# The longest of Python's charset names has 15.
CHARSET_CHARS: Final = 32
# `service:` and a service's name of at most 100 characters.
ADDED_BY_CHARS: Final = 120
GROUPS: Final = 100
# Django's limit on the name of a group.
GROUP_NAME_CHARS: Final = 150

# A passage should cover one subject, and fit into the embedding model's 256 tokens, about 170
# English words.
CHUNK_CHARS: Final = 900
# About a sentence: the beginning of a passage may need the end of the previous one.
OVERLAP_CHARS: Final = 120
# The headings above a passage, joined and cut to this length.
PLACE_CHARS: Final = 300
PLACE_SEPARATOR: Final = " › "

# One heading. It is stored with each block below it, and a longer text is not a heading.
HEADING_CHARS: Final = PLACE_CHARS
# Length and markup characters of a line whose inline Markdown is parsed: parsing takes quadratic
# time in the number of markup characters.
INLINE_CHARS: Final = 2_000
INLINE_MARKS: Final = 200

# A table's header, which is repeated in each of its passages; a third of a passage.
TABLE_HEAD_CHARS: Final = 300

# Markdown up to this size is parsed in the server's process: it takes at most half a second, and
# for small pages a child process would be most of the work.
IN_PROCESS_BYTES: Final = 32 * 1024
