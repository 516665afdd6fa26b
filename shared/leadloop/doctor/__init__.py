"""Whether what leadloop depends on is as the policy says: asked of the vendors and of what is kept, changing nothing.

In the order in which end-to-end analytics is set up: sources, the CRM's funnels, leads born in the CRM, ad costs.
"""
