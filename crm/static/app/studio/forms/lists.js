// In the panel of a selection field: which list of the system it offers. Settings that mean nothing here are left out of the panel.

import { jsx, jsxs } from "preact/jsx-runtime";

const CHOOSING = ["select", "radio", "checklist", "taglist"];
const LEFT_OUT = ["group-security-attributes", "securityAttributes"];
// What form-js asks about options; of no use where the system offers the list.
const OPTIONS = ["valuesSource", "dynamicOptions", "staticOptions", "optionsExpression"];
// What is nearly always changed stands open: the label, the name of the answer, the options.
const OPEN = ["general", "staticOptions"];
const ENTRIES_LEFT_OUT = ["versionTag", "version-tag"];

function picker(known, words, editField) {
  return function List({ field }) {
    const chosen = field.valuesKey ?? "";
    const options = known.some(([name]) => name === chosen) || !chosen ? known : [[chosen, chosen], ...known];
    const change = ({ target }) => {
      const name = target.value;
      if (name) {
        editField(field, { valuesKey: name, values: undefined, valuesExpression: undefined });
        return;
      }
      editField(field, { valuesKey: undefined, values: [{ label: "1", value: "value_1" }] });
    };
    return jsxs("div", {
      class: "bio-properties-panel-entry",
      children: [
        jsxs("div", {
          class: "bio-properties-panel-select",
          children: [
            jsx("label", { for: "heliu-list", class: "bio-properties-panel-label", children: words.list }),
            jsxs("select", {
              id: "heliu-list",
              class: "bio-properties-panel-input",
              value: chosen,
              onChange: change,
              children: [
                jsx("option", { value: "", children: words.own_options }),
                ...options.map(([name, label]) => jsx("option", { value: name, children: label }, name)),
              ],
            }),
          ],
        }),
        jsx("div", { class: "bio-properties-panel-description", children: words.list_hint }),
      ],
    });
  };
}

export function lists(known, words) {
  class Lists {
    constructor(propertiesPanel) {
      propertiesPanel.registerProvider(this, 400);
    }

    getGroups(field, editField) {
      return (groups) => {
        const offered = CHOOSING.includes(field?.type) && known.some(([name]) => name === field.valuesKey);
        const left = groups.filter((group) => !LEFT_OUT.includes(group.id) && !(offered && OPTIONS.includes(group.id)));
        for (const group of left) if (group.entries) group.entries = group.entries.filter((one) => !ENTRIES_LEFT_OUT.includes(one.id));
        for (const group of left) if (OPEN.includes(group.id)) group.shouldOpen = true;
        if (!CHOOSING.includes(field?.type)) return left;
        const entries = [{ id: "heliu-list", component: picker(known, words, editField), field, isEdited: () => Boolean(field.valuesKey) }];
        const place = left.findIndex((group) => group.id === "general") + 1;
        left.splice(place, 0, { id: "heliu-lists", label: words.list, entries });
        return left;
      };
    }
  }
  Lists.$inject = ["propertiesPanel"];
  return { __init__: ["heliuLists"], heliuLists: ["type", Lists] };
}
