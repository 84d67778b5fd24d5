// One act of a person is one step to undo, however many parts of the model it touches.

class SeveralChanges {
  constructor(modeling) {
    this.modeling = modeling;
  }

  preExecute({ element, steps }) {
    for (const [part, properties] of steps) {
      // Only this command keeps the name on the canvas, the id in the register and default flows in step.
      if (part === element.businessObject) this.modeling.updateProperties(element, properties);
      else this.modeling.updateModdleProperties(element, part, properties);
    }
  }
}
SeveralChanges.$inject = ["modeling"];

class Sequence {
  preExecute({ acts }) {
    for (const act of acts) act();
  }
}

class Changing {
  constructor(commandStack) {
    this.commandStack = commandStack;
    commandStack.registerHandler("studio.change", SeveralChanges);
    commandStack.registerHandler("studio.sequence", Sequence);
  }

  // `steps`: pairs of a model element and what it shall hold.
  apply(element, steps) {
    if (steps.length) this.commandStack.execute("studio.change", { element, steps });
  }

  // Functions that change the model, each over what the ones before left.
  inTurn(acts) {
    this.commandStack.execute("studio.sequence", { acts });
  }
}
Changing.$inject = ["commandStack"];

export const changing = { __init__: ["changing"], changing: ["type", Changing] };
