"""SQL of the full-text search, for PostgreSQL (tsvector, arrays) and SQLite (FTS5, `json_each`)."""

# ruff: noqa: S608 - composed of constants; values are parameters

# The last parameter is the user's id.
_READABLE = """
(document.public OR EXISTS (
    SELECT 1 FROM chat_document_groups AS shared
    JOIN {memberships} AS member ON member.group_id = shared.group_id
    WHERE shared.document_id = document.id AND member.user_id = %s
))
"""

# Passages with any of the words, by the sum of their weights.
POSTGRESQL_CANDIDATES = f"""
SELECT chunk.id, chunk.document_id, chunk.words FROM chat_chunk AS chunk
JOIN chat_document AS document ON document.id = chunk.document_id
WHERE chunk.search @@ %s::tsquery AND {_READABLE}
ORDER BY (
    SELECT sum(worth) FROM unnest(%s::text[]::tsquery[], %s::float8[]) AS term (query, worth)
    WHERE chunk.search @@ term.query
) DESC, chunk.id
LIMIT %s
"""
SQLITE_CANDIDATES = f"""
SELECT chunk.id, chunk.document_id, chunk.words FROM chat_chunk_words
JOIN chat_chunk AS chunk ON chunk.id = chat_chunk_words.rowid
JOIN chat_document AS document ON document.id = chunk.document_id
WHERE chat_chunk_words MATCH %s AND {_READABLE}
ORDER BY bm25(chat_chunk_words), chunk.id
LIMIT %s
"""

# Terms are locked in order, so that concurrent writers do not deadlock.
_COUNT = """
INSERT INTO chat_term (term, chunks) {given} ORDER BY 1
ON CONFLICT (term) DO UPDATE SET chunks = chat_term.chunks + excluded.chunks
"""
POSTGRESQL_COUNT = _COUNT.format(given="SELECT * FROM unnest(%s::text[], %s::bigint[]) AS given")
SQLITE_COUNT = _COUNT.format(
    given="SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') "
    "FROM json_each(%s) WHERE true"
)
