-- Puts every dead letter of ours back: drain-spool publishes it within five minutes, under its own event id.
-- Correct the cause first. May be run while the host runs:
--   sudo -u leadloop sqlite3 /var/lib/leadloop/documents.db < replay-dead-letters.sql
.bail on
BEGIN IMMEDIATE;
INSERT OR IGNORE INTO documents (collection, id, version, body)
SELECT
  'spool',
  json_extract(body, '$.event_id'),
  version,
  json_object(
    'topic', CASE json_extract(body, '$.type')
      WHEN 'lead_captured' THEN 'submissions'
      WHEN 'submission_unreadable' THEN 'submissions'
      WHEN 'lead_registered' THEN 'leads'
      ELSE 'crm-hints'
    END,
    'message', json_extract(body, '$.message'),
    'reason', 'replayed by hand',
    'spooled_at', strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
  )
FROM documents
WHERE collection = 'dead_letter' AND json_extract(body, '$.message') IS NOT NULL;
DELETE FROM documents
WHERE collection = 'dead_letter' AND json_extract(body, '$.message') IS NOT NULL;
COMMIT;
