"""How each kind of element behaves when a token reaches it. Built once per version, never changed, shared by threads."""
