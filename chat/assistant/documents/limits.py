"""How large documents may be and how they are cut; each with its reason."""

from typing import Final

# Within the 8 MiB of any request's body, with room for multipart's frame.
FILE_BYTES: Final = 7 * 1024 * 1024
# Some 400 pages. Beyond it a document is a library, and is found better as its parts.
TEXT_CHARS: Final = 1_000_000
PDF_PAGES: Final = 1_000

# Reading HTML and PDF runs a stranger's program, so to speak: in a process of its own, with so much
# of the processor and of memory. 500 dense pages of a PDF take 10 s and 200 MB.
READ_S: Final = 30
READ_MEMORY_BYTES: Final = 512 * 1024 * 1024
# What it may answer: a text of four bytes a character, and the places of its blocks.
READ_OUTPUT_BYTES: Final = 16 * 1024 * 1024
# Paragraphs, items and tables of one document: each is an object in the server's memory. A text of
# `TEXT_CHARS` whose lines are all items has half as many.
BLOCKS: Final = 100_000
# Passages: each is a row. A text of `TEXT_CHARS` has 1,100, and a dictionary with a heading for
# each word ten times as many.
CHUNKS: Final = 20_000
# Elements of a page, and of those that are open at once: browsers stop at a depth of 512. Deeper or
# more numerous ones take a parser quadratic time.
HTML_ELEMENTS: Final = 300_000
HTML_DEPTH: Final = 1_000

# A list shows it in one line, and an answer names it.
TITLE_CHARS: Final = 200
KEY_CHARS: Final = 200
# The longest of Python's names has 15.
CHARSET_CHARS: Final = 32
# `service:` and a service's name of at most 100 characters.
ADDED_BY_CHARS: Final = 120
GROUPS: Final = 100
# What Django gives the name of a group.
GROUP_NAME_CHARS: Final = 150

# A passage is to say one thing, and to fit into the 256 tokens that the model of the embeddings
# sees: 170 English words.
CHUNK_CHARS: Final = 900
# A sentence: what a passage begins with may only be understood after the one before.
OVERLAP_CHARS: Final = 120
# The headings above a passage, joined; deeper or longer ones are cut.
PLACE_CHARS: Final = 300
PLACE_SEPARATOR: Final = " › "

# One heading: what is longer is no heading, and would be kept for each block below it.
HEADING_CHARS: Final = PLACE_CHARS
# One line of Markdown that is read for what it shows: a parser takes quadratic time in its marks.
INLINE_CHARS: Final = 2_000
INLINE_MARKS: Final = 200

# A table's header, which is repeated in each passage of it; a third of one.
TABLE_HEAD_CHARS: Final = 300

# Markdown up to here is read in the server's process: it takes less than half a second, whatever is
# in it, and a child process for each small page would be most of the work.
READ_HERE_BYTES: Final = 32 * 1024
