// What the pages of the studio without an editor of their own do in the browser: the frame of the draft.

import "./draft.js";
