// What the pages of the studio without an editor of their own do in the browser: the frame of the draft, the table of texts, differences beside diagrams, publishing.

import "./draft.js";
import "./compare.js";
import "./publishing.js";
import "./record.js";
import "./texts.js";
