"""The full-text index on the words of passages, as SQL; migration 0100 runs it.

The database keeps the index current itself. A later migration that changes `chat_chunk` recreates
the table on SQLite, which drops the triggers: it has to run `SQLITE_TRIGGERS` again.
"""

# Words are separated by single spaces and contain only letters, digits and marks, so the cast is
# safe. `to_tsvector` would tokenize them again, by rules that depend on the server's locale.
_COLUMN = """
ALTER TABLE chat_chunk ADD COLUMN search tsvector GENERATED ALWAYS AS (words::tsvector) STORED
"""
POSTGRESQL = (_COLUMN, "CREATE INDEX chat_chunk_search ON chat_chunk USING gin (search)")
POSTGRESQL_REVERSE = ("ALTER TABLE chat_chunk DROP COLUMN search",)

# The tokenizer `ascii` treats every non-ASCII character as a letter, and splits at spaces.
_TABLE = """
CREATE VIRTUAL TABLE chat_chunk_words
USING fts5(words, content='chat_chunk', content_rowid='id', tokenize='ascii')
"""
_DELETE_ROW = """
INSERT INTO chat_chunk_words (chat_chunk_words, rowid, words)
VALUES ('delete', old.id, old.words);
"""
_INSERT_ROW = "INSERT INTO chat_chunk_words (rowid, words) VALUES (new.id, new.words);"
_ADDED = f"""
CREATE TRIGGER chat_chunk_words_added AFTER INSERT ON chat_chunk BEGIN {_INSERT_ROW} END
"""
_REMOVED = f"""
CREATE TRIGGER chat_chunk_words_removed AFTER DELETE ON chat_chunk BEGIN {_DELETE_ROW} END
"""
_CHANGED = f"""
CREATE TRIGGER chat_chunk_words_changed AFTER UPDATE OF words ON chat_chunk
BEGIN {_DELETE_ROW} {_INSERT_ROW} END
"""
SQLITE_TRIGGERS = (_ADDED, _REMOVED, _CHANGED)
SQLITE = (_TABLE, *SQLITE_TRIGGERS)
SQLITE_REVERSE = (
    "DROP TRIGGER chat_chunk_words_added",
    "DROP TRIGGER chat_chunk_words_removed",
    "DROP TRIGGER chat_chunk_words_changed",
    "DROP TABLE chat_chunk_words",
)
