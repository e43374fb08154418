"""The database's own index of the words of passages; migration 0100 runs this.

Whatever writes or deletes a passage, the index follows. A later migration that changes `chat_chunk`
on SQLite makes the table anew and loses the triggers: it has to run `SQLITE_TRIGGERS` again.
"""

# Words are separated by single spaces and hold letters, digits and marks only, which is what makes
# the cast safe. `to_tsvector` would cut them again, by rules that depend on the server's locale.
_COLUMN = """
ALTER TABLE chat_chunk ADD COLUMN search tsvector GENERATED ALWAYS AS (words::tsvector) STORED
"""
POSTGRESQL = (_COLUMN, "CREATE INDEX chat_chunk_search ON chat_chunk USING gin (search)")
POSTGRESQL_BACK = ("ALTER TABLE chat_chunk DROP COLUMN search",)

# The tokenizer `ascii` takes every character beyond ASCII for a letter and cuts at the spaces.
_TABLE = """
CREATE VIRTUAL TABLE chat_chunk_words
USING fts5(words, content='chat_chunk', content_rowid='id', tokenize='ascii')
"""
_FORGET = """
INSERT INTO chat_chunk_words (chat_chunk_words, rowid, words)
VALUES ('delete', old.id, old.words);
"""
_KNOW = "INSERT INTO chat_chunk_words (rowid, words) VALUES (new.id, new.words);"
_ADDED = f"""
CREATE TRIGGER chat_chunk_words_added AFTER INSERT ON chat_chunk BEGIN {_KNOW} END
"""
_REMOVED = f"""
CREATE TRIGGER chat_chunk_words_removed AFTER DELETE ON chat_chunk BEGIN {_FORGET} END
"""
_CHANGED = f"""
CREATE TRIGGER chat_chunk_words_changed AFTER UPDATE OF words ON chat_chunk
BEGIN {_FORGET} {_KNOW} END
"""
SQLITE_TRIGGERS = (_ADDED, _REMOVED, _CHANGED)
SQLITE = (_TABLE, *SQLITE_TRIGGERS)
SQLITE_BACK = (
    "DROP TRIGGER chat_chunk_words_added",
    "DROP TRIGGER chat_chunk_words_removed",
    "DROP TRIGGER chat_chunk_words_changed",
    "DROP TABLE chat_chunk_words",
)
