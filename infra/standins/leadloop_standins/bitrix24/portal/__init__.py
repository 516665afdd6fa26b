"""The portal: fields, pipelines, records and their changes. Times are Unix seconds."""
