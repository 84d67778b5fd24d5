"""Files of other tools as files of ours."""
