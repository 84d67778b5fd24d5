"""The verbs of processes, a file for each kind: the only writers of cases, tasks, history and incidents.

Pages, the API, the scheduler and the demo data all come through here. Nothing in here commits or sees a request.
"""
