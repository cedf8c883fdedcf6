"""What make can express, and how."""

from __future__ import annotations

from collections.abc import Mapping

from mloc.backend import Feature, Level, Refusal, Support

_VALUE = Support(Level.LOWERED, "canonical JSON text in the file of the rule that makes it")
_CONTENT = Support(Level.RUNNER, "a descriptor in the rule's file, the content in the store")
_RULE = Support(Level.NATIVE, "a rule")
_BRANCH = Support(Level.LOWERED, "a rule that decides; steps of the other arms skip themselves")

CAPABILITIES: Mapping[Feature, Support] = {
    Feature.PARAMETER: Support(Level.LOWERED, "an entry of the JSON file that MLOC_PARAMETERS names"),
    Feature.ARTIFACT_PARAMETER: Support(Level.LOWERED, "a descriptor in that file"),
    Feature.DOMAIN: Support(Level.RUNNER, "checked by the rule `parameters`, and in the steps' own rules"),
    Feature.OPTIONAL: _VALUE,
    Feature.TIME: _VALUE,
    Feature.ENUM: _VALUE,
    Feature.RECORD: _VALUE,
    Feature.LIST: _VALUE,
    Feature.MAP: _VALUE,
    Feature.FILE: _CONTENT,
    Feature.DIR: _CONTENT,
    Feature.TABLE: _CONTENT,
    Feature.MODEL: _CONTENT,
    Feature.METRICS: _VALUE,
    Feature.EXPRESSION: Support(Level.RUNNER, "evaluated by the rule that needs it"),
    Feature.PYTHON: _RULE,
    Feature.INLINE: _RULE,
    Feature.SHELL: _RULE,
    Feature.ORDER: Support(Level.NATIVE, "a prerequisite"),
    Feature.ORDER_ON_REGION: Support(Level.LOWERED, "a rule that ends the region as prerequisite"),
    Feature.BRANCH: _BRANCH,
    Feature.BRANCH_IN_BRANCH: _BRANCH,
    Feature.MERGE: Support(Level.LOWERED, "a rule that merges"),
    Feature.CALLED_PIPELINE: Support(Level.LOWERED, "its rules between one that begins and one that ends it"),
    Feature.REQUIRE: Support(Level.RUNNER, "a rule that fails with the message"),
    Feature.RETRY: Support(Level.RUNNER, "attempts within one rule"),
    Feature.TIMEOUT: Support(Level.RUNNER, "ends the step's processes"),
    Feature.ENV: Support(Level.RUNNER, "given to the step's process alone"),
    Feature.RESOURCES: Support(Level.IGNORED, "rules run where make does"),
    Feature.IMAGE: Support(Level.IGNORED, "rules run where make does"),
    Feature.TARGET: Support(Level.NATIVE, "the Python of a recipe", "tests/plugin/test_plugin.py::test_what_a_block_says_to_it"),
}

REFUSED: Mapping[Feature, Refusal] = {
    Feature.FAN_OUT: Refusal(
        "its rules are fixed before it runs, and the length of a list is not",
        "write the calls out, or do the work of all items in one step",
    ),
    Feature.LOOP: Refusal("its rounds would all be rules that skip themselves", "repeat within one step"),
    Feature.GPU: Refusal("it hands out no devices", "leave `gpu` out, and choose the device in the step"),
}
