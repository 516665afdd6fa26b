"""The account: sites, numbers, visitors and what they leave behind: calls, chats and site requests."""
