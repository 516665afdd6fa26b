"""The account: fields, pipelines, leads, contacts, and their changes. Times are Unix seconds, as amoCRM keeps them."""
