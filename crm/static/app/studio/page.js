// What the pages of the studio without an editor of their own do in the browser: the frame of the draft, the table of texts.

import "./draft.js";
import "./texts.js";
