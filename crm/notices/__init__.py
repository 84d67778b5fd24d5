"""Notices: what people are told, once each, in the product and by the roads that they chose.

Other rooms call `operations.notify` and nothing else, and say with `kinds.add_kinds` what sorts of notices they have. The
notice stands in the product at once; mail, digest and robots follow from the clock (`delivery`).
"""
