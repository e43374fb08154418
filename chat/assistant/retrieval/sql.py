"""The statements of full text, for PostgreSQL (tsvector, arrays) and SQLite (FTS5, `json_each`)."""

# ruff: noqa: S608 - put together of constants; what varies is a parameter

# The last parameter is the asker.
_READABLE = """
(document.public OR EXISTS (
    SELECT 1 FROM chat_document_groups AS shared
    JOIN {memberships} AS member ON member.group_id = shared.group_id
    WHERE shared.document_id = document.id AND member.user_id = %s
))
"""

# Any of the words, and those first whose words say the most.
PG_CANDIDATES = f"""
SELECT chunk.id, chunk.document_id, chunk.words FROM chat_chunk AS chunk
JOIN chat_document AS document ON document.id = chunk.document_id
WHERE chunk.search @@ %s::tsquery AND {_READABLE}
ORDER BY (
    SELECT sum(worth) FROM unnest(%s::text[]::tsquery[], %s::float8[]) AS term (query, worth)
    WHERE chunk.search @@ term.query
) DESC, chunk.id
LIMIT %s
"""
LITE_CANDIDATES = f"""
SELECT chunk.id, chunk.document_id, chunk.words FROM chat_chunk_words
JOIN chat_chunk AS chunk ON chunk.id = chat_chunk_words.rowid
JOIN chat_document AS document ON document.id = chunk.document_id
WHERE chat_chunk_words MATCH %s AND {_READABLE}
ORDER BY bm25(chat_chunk_words), chunk.id
LIMIT %s
"""

# Terms are locked in their order: two writers wait for each other instead of dying of deadlock.
_COUNT = """
INSERT INTO chat_term (term, chunks) {given} ORDER BY 1
ON CONFLICT (term) DO UPDATE SET chunks = chat_term.chunks + excluded.chunks
"""
PG_COUNT = _COUNT.format(given="SELECT * FROM unnest(%s::text[], %s::bigint[]) AS given")
LITE_COUNT = _COUNT.format(
    given="SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') "
    "FROM json_each(%s) WHERE true"
)
