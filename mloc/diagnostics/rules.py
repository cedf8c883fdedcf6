"""Every rule, one table: the code is stable and never reused, the slug names it in words."""

from __future__ import annotations

from mloc.diagnostics.model import Rule, Severity

RULES: dict[str, Rule] = {}


def _rule(code: str, slug: str, summary: str, *, taste: bool = False) -> Rule:
    if code in RULES:
        raise AssertionError(f"{code} is declared twice")
    severity: Severity = {"E": "error", "W": "warning", "N": "note"}[code[0]]  # type: ignore[assignment]
    rule = Rule(code, slug, severity, summary, taste)
    RULES[code] = rule
    return rule


# 00: syntax
SYNTAX = _rule("E0001", "syntax", "the text is not a program")
EDITION = _rule("E0002", "edition", "the first line does not say `mlp 1`")
TABS = _rule("E0003", "tabs", "a line is indented with tabs, or unevenly")
UNTERMINATED = _rule("E0004", "unterminated", "a bracket or string is not closed")
ASSIGN_AS_COMPARE = _rule("E0005", "assignment-as-comparison", "`=` where `==` is meant")
BAD_LITERAL = _rule("E0006", "bad-literal", "a literal that cannot be read")
TOO_DEEP = _rule("E0007", "too-deep", "an expression is nested too deeply")

UNUSED_SUPPRESSION = _rule("W0012", "unused-suppression", "a suppression of something that is not found there")
BAD_SUPPRESSION = _rule("W0013", "unknown-code-in-suppression", "a suppression without a code, or with one that cannot be suppressed")
SUPPRESSION_WITHOUT_REASON = _rule("E0014", "suppression-without-reason", "a suppression that does not say why, as the project asks")

# 01: names and imports
UNDEFINED_NAME = _rule("E0101", "undefined-name", "a name that nothing defines")
DUPLICATE = _rule("E0102", "duplicate-declaration", "a name declared twice")
IMPORT_NOT_FOUND = _rule("E0103", "import-not-found", "an imported file or name that is not there")
IMPORT_CYCLE = _rule("E0104", "import-cycle", "files that import each other")
NAMES_COLLIDE = _rule("E0105", "names-collide", "names that differ only in case or underscores")
RESERVED_NAME = _rule("E0106", "reserved-name", "a name that Python or the language keeps for itself")
UNUSED_IMPORT = _rule("W0107", "unused-import", "an import that nothing uses")
UNUSED_DECLARATION = _rule("W0108", "unused-declaration", "a type, record, enum or constant that nothing uses")
UNUSED_STEP = _rule("W0109", "unused-step", "a step that no pipeline calls")
UNUSED_PARAMETER = _rule("W0110", "unused-parameter", "a parameter of a pipeline, or an input of a step, that nothing reads")
NAMING = _rule("W0111", "naming", "a name written in another style than its kind", taste=True)
SHADOWED_NAME = _rule("W0112", "shadowed-name", "a name that hides another")

# 02: types
TYPE_MISMATCH = _rule("E0201", "type-mismatch", "a value of another type than its place wants")
UNKNOWN_TYPE = _rule("E0202", "unknown-type", "a type that does not exist, or with the wrong arguments")
DEFAULT_TYPE = _rule("E0203", "default-type", "a default that is not of the declared type")
DEFAULT_DOMAIN = _rule("E0204", "default-outside-domain", "a default outside its own domain")
BAD_DOMAIN = _rule("E0205", "bad-domain", "a domain that is empty, inverted or of another type")
OPTIONAL_USED = _rule("E0206", "optional-used", "a value that may be null where a value is required")
UNRELATED_COMPARISON = _rule("E0207", "unrelated-comparison", "a comparison of types that can never be equal")
BAD_COMPARISON = _rule("E0208", "bad-comparison", "a comparison or rendering of something that has no order, equality or text")
FORMAT_MISMATCH = _rule("E0209", "format-mismatch", "a file or model of another format than wanted")
QUANTITY_UNIT = _rule("E0210", "quantity-unit", "a quantity with the wrong unit, or none")
RECURSIVE_TYPE = _rule("E0211", "recursive-type", "a type or constant that is defined by itself")
ARGUMENT_DOMAIN = _rule("E0214", "argument-outside-domain", "an argument outside the domain of its input")
WIDER_DOMAIN = _rule("W0223", "wider-domain", "a parameter whose range is wider than that of the step it is given to")
NULL_IN_TEXT = _rule("W0225", "null-in-text", "a value that may be null in an f-string, which would say `null`")
UNFILLED_PLACEHOLDER = _rule("W0226", "unfilled-placeholder", "a text with a placeholder that nothing fills in")
OUT_OF_RANGE = _rule("W0227", "no-such-element", "an element of a list or map that is not there")
DEFAULT_NOT_TAKEN = _rule("E0224", "default-not-taken", "a default that the step it is given to does not take")
UNKNOWN_MEMBER = _rule("E0215", "unknown-member", "a field, member or output that does not exist")
NAMED_OUTPUT = _rule("E0216", "named-output", "a step's outputs used as one value")
BAD_OPERATION = _rule("E0217", "bad-operation", "an operator that does not take these types")
NOT_CONSTANT = _rule("E0218", "not-constant", "a run-time value where only a compile-time one may stand")
NOT_A_VALUE = _rule("E0219", "not-a-value", "a step, type or pipeline used as a value")
UNTYPED_EMPTY = _rule("E0220", "untyped-empty", "an empty list where nothing says what it holds")
FLOAT_EQUALITY = _rule("W0212", "float-equality", "computed floats compared for equality")
CONSTANT_CONDITION = _rule("W0213", "constant-condition", "a condition that is always true, or never")
USELESS_FALLBACK = _rule("W0221", "useless-fallback", "a fallback for a value that is never null")
DIVISION_BY_ZERO = _rule("W0222", "division-by-zero", "a division by a constant zero")

# 03: calls and structure
MISSING_ARGUMENT = _rule("E0301", "missing-argument", "a call without a required input")
REASSIGNED = _rule("E0302", "reassigned", "a name bound twice")
UNKNOWN_ARGUMENT = _rule("E0303", "unknown-argument", "an argument that the step does not take")
RECURSIVE_PIPELINE = _rule("E0304", "recursive-pipeline", "a pipeline that calls itself")
POSITIONAL_ARGUMENT = _rule("E0305", "positional-argument", "an argument without its name")
ARGUMENT_TWICE = _rule("E0306", "argument-twice", "an argument given twice")
NESTED_CALL = _rule("E0307", "nested-call", "a step call inside another expression")
CALL_IN_PURE = _rule("E0308", "call-in-pure-expression", "a step call in a projection, or in one side of an expression")
DEPENDENCY_CYCLE = _rule("E0309", "dependency-cycle", "calls that need each other")
RETURN_MISMATCH_OUTPUTS = _rule("E0310", "return-mismatch", "a `return` that does not match the declared outputs")
MISSING_RETURN_STATEMENT = _rule("E0311", "missing-return", "a pipeline with outputs that returns nothing")
AFTER_RETURN = _rule("E0312", "after-return", "a statement after `return`, or a `return` inside a block")
HANDLER_ONLY = _rule("E0313", "handler-only", "a name of the run where it is not known")
NO_CALL = _rule("E0317", "no-call", "a statement that does nothing")
BAD_ORDER = _rule("E0316", "bad-order", "`after` something that cannot be waited for")
UNORDERED_EFFECTS = _rule("W0319", "unordered-effects", "a step that writes and one that reads, in no order")
REDUNDANT_AFTER = _rule("W0314", "redundant-after", "`after` something that an argument needs already")
BEFORE_THE_GATE = _rule("W0320", "before-the-gate", "a step that writes, before the `require` that is to decide about it")
SWAPPED_ARGUMENTS = _rule("W0318", "swapped-arguments", "two arguments that are named as each other's inputs")

# 04: tables
COLUMN_MISSING = _rule("E0402", "column-missing", "a column that a step needs is missing from the table it is given")
COLUMN_TYPE = _rule("E0403", "column-type", "a column of another type than a step needs")
NULLABLE_COLUMN = _rule("E0404", "nullable-column", "a column with nulls given to a step that allows none")
DUPLICATE_COLUMN = _rule("E0405", "duplicate-column", "a column that stands twice in a row")
UNBOUND_ROW = _rule("E0406", "unbound-row-variable", "a row variable that no input binds")
NOT_A_COLUMN = _rule("E0407", "not-a-column", "a text that is not a column of the table it is for")
COLUMN_LIKE_TEXT = _rule("W0414", "column-like-text", "a text that is nearly the name of a column of the table beside it")
UNUSED_OUTPUT = _rule("W0401", "unused-output", "a call whose outputs nothing reads")
IDENTICAL_CALL = _rule("W0408", "identical-call", "the same call made twice")
LARGE_VALUE = _rule("W0409", "large-value", "a list or map of any length that is only passed on")
METRIC_FIELD = _rule("E0410", "unknown-metric", "a field that Metrics do not have, or that a run would choose")
UNREAD_METRICS = _rule("W0411", "unread-metrics", "metrics that are never read nor returned")
UNUSED_VALUE = _rule("W0412", "unused-value", "a name whose value is never read")
JUDGED_ON_TRAINING_ROWS = _rule("W0413", "judged-on-training-rows", "a model judged on the rows it was trained on")
TARGET_AMONG_FEATURES = _rule("W0417", "target-among-features", "a model that is given what it is to predict")

# 05: control flow
NOT_A_LIST = _rule("E0501", "not-a-list", "a fan-out or projection over something that is not a list")
NOT_A_BOOL = _rule("E0502", "not-a-bool", "a condition that is not a bool")
YIELD_MISPLACED = _rule("E0503", "yield-misplaced", "a `yield` that is missing, doubled or outside a `for`")
NEXT_MISPLACED = _rule("E0504", "next-misplaced", "a `next` that is missing, doubled or outside a `loop`")
LOOP_BOUND = _rule("E0507", "loop-bound", "a `loop` without a finite bound, or with one that is too large")
BAD_LIMIT = _rule("E0514", "bad-limit", "a `limit` that is not a positive whole number")
HANDLER_WITHOUT_TIMEOUT = _rule("W0512", "handler-without-timeout", "a step of a handler that may take for ever")
HANDLER_MISPLACED = _rule("E0518", "handler-misplaced", "a handler or `options` where none can stand")
BAD_TOLERANCE = _rule("E0521", "bad-tolerance", "a `tolerate` that is neither a number of items nor a share of them")
BRANCH_TYPES = _rule("E0513", "branch-types", "a name bound to different types in the branches of an `if`")
UNREACHABLE_BRANCH = _rule("W0505", "unreachable-branch", "a branch that never runs")
MEMBERS_MISSING = _rule("W0506", "members-missing", "a chain over an enum that leaves members out and has no else")
UNBOUNDED_GPUS = _rule("W0509", "unbounded-gpus", "a fan-out without `limit` over a list of any length, with GPUs in every item")
OTHER_BRANCH = _rule("E0510", "other-branch", "a name that only another branch binds")
IDENTICAL_BRANCHES = _rule("W0515", "identical-branches", "a condition whose branches are all the same")
IDLE_LOOP = _rule("W0516", "idle-loop", "a loop in which no round differs from the one before, or decides about the end")
UNUSED_ITEM = _rule("W0517", "unused-item", "a fan-out that never uses its item")
UNREACHABLE_STATEMENT = _rule("W0518", "unreachable-statement", "a statement after `fail`")

TOLERATES_ALL = _rule("W0520", "tolerates-all", "a fan-out that succeeds though every item fails")

# 06: the code behind a step
MODULE_NOT_FOUND = _rule("E0601", "module-not-found", "the Python module of a step is not in the project")
FUNCTION_NOT_FOUND = _rule("E0602", "function-not-found", "the Python function of a step is not in its module")
ARGUMENT_MISMATCH = _rule("E0603", "argument-mismatch", "a step's inputs do not fit its Python function's parameters")
UNANNOTATED_FUNCTION = _rule("W0604", "unannotated-function", "a step's Python function has no annotations to check")
KWARGS_HIDES_CHECK = _rule("W0605", "kwargs-hides-check", "`**kwargs` accepts every input, so names are not checked")
UNRESOLVED_ANNOTATION = _rule("W0606", "unresolved-annotation", "an annotation of a step's Python function cannot be resolved")
TUPLE_OUTPUTS = _rule("W0607", "tuple-outputs", "named outputs are returned as a tuple, by position")
RETURN_MISMATCH = _rule("E0608", "python-return-mismatch", "a step's Python function does not return its declared outputs")
UNKNOWN_DECORATOR = _rule("W0609", "unknown-decorator", "a decorator may change the function's signature")
DEFAULT_DIFFERS = _rule("W0610", "default-differs", "a step's default differs from its Python function's")
GENERATOR_FUNCTION = _rule("E0611", "generator-function", "a step's Python function is a generator")
INLINE_SYNTAX = _rule("E0612", "inline-syntax", "the Python code of an inline step does not parse")
INLINE_NAME = _rule("E0613", "inline-name", "the code of an inline step uses a name that nothing defines")
MISSING_RETURN = _rule("W0614", "inline-missing-return", "the code of an inline step may end without giving its outputs")
PYTHON_SYNTAX = _rule("E0621", "python-module-syntax", "a step's Python module does not parse")
CODE_IMPORT_NOT_FOUND = _rule("W0624", "code-import-not-found", "a step's code imports what neither the project nor its dependencies have")
MODULE_SHADOWS = _rule("W0625", "module-shadows", "a module of the project hides an installed one of the same name")
PATH_AS_TEXT = _rule("W0626", "path-as-text", "a file or folder is taken or returned as `str` instead of `Path`")
MACHINE_PATH = _rule("W0640", "machine-path", "a path of one machine, given to a step as a text")
SHARED_PATH = _rule("W0641", "shared-path", "a path in the code of two steps, which do not see each other's files")
LOCAL_PATH = _rule("W0627", "local-path", "a `str` output holds the path of a file that other steps do not have")
BAD_NOTEBOOK = _rule("E0618", "bad-notebook", "a notebook that is missing, or is no notebook of Python")
NO_PARAMETERS_CELL = _rule("W0619", "no-parameters-cell", "a notebook with inputs and no cell tagged `parameters`")
EFFECT_AT_IMPORT = _rule("W0620", "effect-at-import", "a module of a step that does something already when it is imported")
NO_RUN = _rule("E0622", "no-run", "a step without exactly one `run`")
SHELL_OUTPUT = _rule("E0617", "shell-output", "a shell step that never writes a declared output")
SHELL_UNQUOTED = _rule("W0615", "shell-unquoted", "a variable of a shell step that a blank in its value takes apart")
SHELL_NAME = _rule("E0616", "shell-name", "a variable of a shell step that nothing sets")
SHELL_LITERAL = _rule("W0630", "shell-literal", "a variable in single quotes, where the shell leaves it as it is")
SHELL_TEMPLATE = _rule("W0631", "shell-template", "another tool's placeholder in a shell step")
SHELL_SPLICED = _rule("W0632", "shell-spliced", "a value that becomes part of the code of another program")
SHELL_HIDDEN_FAILURE = _rule("W0633", "shell-hidden-failure", "a failing command of a shell step that does not fail it")
SHELL_WORDS = _rule("W0634", "shell-list-as-words", "a loop of the shell over the JSON text of a list")
SHELL_EARLY_END = _rule("W0635", "shell-early-end", "a command that is killed because the next one of a pipe stops reading")
SHELL_SYNTAX = _rule("E0636", "shell-syntax", "a quote or bracket of a script that is never closed")
SHELL_TAKEN = _rule("E0637", "shell-name-taken", "an input of a shell step whose name has a meaning of its own there")
SHELL_NULL = _rule("W0638", "shell-null", "a value that may be null in a script that does not ask whether it is")
SHELL_COUNT = _rule("W0639", "shell-count", "`wc` of a named file, which writes the name, too, to an output that is a number")
CONTAINER_WORD = _rule("E0628", "container-word", "something that cannot be a word of a container's command line")
CONTAINER_SHELL = _rule("W0644", "container-without-shell", "a word of a container that only a shell would understand, and none reads")
CONTAINER_TWO_WORDS = _rule("W0645", "container-two-words", "one word of a container that is meant as two")
CODE_COLUMN = _rule("W0650", "code-column", "the code of a step reads a column that its input does not have")
CODE_ENVIRONMENT = _rule("W0651", "code-environment", "the code of a step reads a variable that the step does not declare")
PATH_RETURNS_NONE = _rule("W0652", "returns-none", "the code of a step returns None on some way, for an output that is never null")
CODE_NAME = _rule("E0653", "code-name", "a step's Python function uses a name that nothing defines")
COLUMN_NOT_MADE = _rule("W0654", "column-not-made", "the code of a step returns a table without a declared column")
SHARED_STATE = _rule("W0655", "shared-state", "a variable of a module that one step changes and another reads")
NOT_IN_THE_FOLDER = _rule("W0656", "not-in-the-folder", "the code of a step reads a file of its own folder, which begins empty")
IGNORED_FAILURE = _rule("W0657", "ignored-failure", "a program or request whose failure the code of a step does not look at")
INPUT_MISUSED = _rule("W0658", "input-misused", "the code of a step uses an input as what it is not")
NEVER_THAT_TEXT = _rule("W0660", "never-that-text", "the code of a step compares an input with a text that it never is")
SWALLOWED_FAILURE = _rule("W0659", "swallowed-failure", "the code of a step catches what fails, and ends as if it had not")
LITERAL_CODE = _rule("E0623", "literal-code", "code that is not a plain string literal")

# 07: attributes, resources, images, environment
NO_IMAGE = _rule("E0706", "no-image", "a container step that names no image")
BAD_QUANTITY = _rule("E0701", "bad-quantity", "a resource, time or count that is zero, negative or too large")
UNKNOWN_RESOURCE = _rule("E0702", "unknown-resource", "a resource that does not exist")
NO_DIGEST = _rule("W0703", "image-without-digest", "an image whose tag may be moved to another one")
LATEST_TAG = _rule("W0704", "latest-image", "an image that is whatever is newest")
MALFORMED_IMAGE = _rule("E0705", "malformed-image", "a text that is no image reference")
IDLE_GPU = _rule("W0707", "idle-gpu", "a step that asks for a GPU, and whose code imports nothing that uses one")
OVER_LIMIT = _rule("W0708", "over-limit", "a step asks for more than the project allows")
GPU_TYPE_ALONE = _rule("E0711", "gpu-type-alone", "a step that asks for a kind of GPU, but for none")
REQUIRED_RESOURCE = _rule("W0712", "required-resource", "a step that does not ask for what the project requires of every step")
GPU_NOT_ASKED = _rule("W0713", "gpu-not-asked", "a step whose code needs a GPU, and that asks for none")
NO_TIMEOUT = _rule("W0724", "no-timeout", "a step that waits for something outside, and has no timeout")
TIMEOUT_BEYOND = _rule("W0725", "timeout-beyond-pipeline", "a step that may take longer than its pipeline")
IDLE_RETRY = _rule("W0726", "idle-retry", "a setting of retries that changes nothing")
EXTREME_RATIO = _rule("W0709", "extreme-ratio", "memory for one core that no machine has, or hardly any")
BAD_ENVIRONMENT = _rule("E0710", "bad-environment", "an environment variable that cannot be set")
UNKNOWN_ATTRIBUTE = _rule("E0720", "unknown-attribute", "an attribute that does not exist, or not in this block")
BAD_ATTRIBUTE = _rule("E0721", "bad-attribute", "an attribute with the wrong arguments")
ATTRIBUTE_TWICE = _rule("E0722", "attribute-twice", "an attribute given twice")

# 08: cache and effects
CACHED_CHANCE = _rule("W0801", "cached-chance", "a cached step whose code is not a function of its inputs")
CACHED_WRITES = _rule("E0802", "cached-writes", "a cached step that writes")
CACHE_NOT_CARRIED = _rule("W0803", "cache-not-carried", "a target on which a cached step runs every time")
CACHE_IGNORES_UNKNOWN = _rule("E0804", "cache-ignores-unknown", "`ignore` of `cache` names what the step does not take")
OPEN_CLOSURE = _rule("W0805", "open-closure", "a cached step whose code imports modules by computed names")
RETRIED_WRITES = _rule("W0806", "retried-writes", "a step that writes is retried without being idempotent")
CACHED_EFFECT = _rule("W0807", "cached-effect", "a cached step whose code changes something outside")
KEY_OF_THE_RUN = _rule("W0808", "key-of-the-run", "a cached step that is given what differs in every run")

# 09: secrets
SECRET_FLOWS = _rule("E0901", "secret-flows", "a secret used as a value, which is stored and shown")
PRINTED_SECRET = _rule("W0902", "printed-secret", "the code of a step prints a secret")
UNDECLARED_SECRET = _rule("E0903", "undeclared-secret", "a secret that is not declared")
UNUSED_SECRET = _rule("W0904", "unused-secret", "a secret that no step uses")
HARD_CODED_SECRET = _rule("W0905", "hard-coded-secret", "a credential written into the program")
BAD_SECRET_SOURCE = _rule("E0908", "bad-secret-source", "a place that secrets do not come from")
RETURNED_SECRET = _rule("W0909", "returned-secret", "the code of a step gives a secret as an output")

# 10: schedules and triggers
BAD_CRON = _rule("E1001", "bad-cron", "a cron expression that cannot be read, or never fires")
UNBOUND_PARAMETER = _rule("E1005", "unbound-parameter", "a schedule or trigger that does not bind a required parameter")
UNKNOWN_TIMEZONE = _rule("E1006", "unknown-timezone", "a time zone that does not exist")
MISSING_HOUR = _rule("W1007", "missing-hour", "a schedule at an hour that daylight saving time leaves out")
EITHER_DAY = _rule("W1010", "either-day", "a cron expression with both day fields, of which either is enough")
BEFORE_UPSTREAM = _rule("W1011", "before-upstream", "a schedule that runs before what it reads is made")
TRIGGER_LOOP = _rule("E1012", "trigger-loop", "pipelines that trigger themselves or each other")
MOVING_LAUNCH = _rule("E1013", "moving-launch", "a field of a schedule that would change with every launch")
TIMES_BACKWARDS = _rule("E1014", "ends-before-start", "a schedule that ends before it starts")
LONGER_THAN_PERIOD = _rule("W1008", "longer-than-period", "runs that may take longer than the time between them, side by side")
UNEVEN_STEP = _rule("W1015", "uneven-step", "a step of a cron field that does not divide the hour or day")
SHORT_MONTHS = _rule("W1016", "short-months", "a cron that leaves out the months without its day")
EVERY_MINUTE = _rule("W1017", "every-minute", "a cron that fires in every minute of an hour")
FIXED_OFFSET = _rule("W1018", "fixed-offset", "a time zone that never changes to summer time, or whose sign is the other way round")
DOUBLED_HOUR = _rule("W1019", "doubled-hour", "a schedule at an hour that comes twice when daylight saving time ends")
IDENTICAL_CATCH_UP = _rule("W1020", "identical-catch-up", "missed runs that are made up for, and are all the same")
NEVER_RUNS = _rule("W1021", "never-runs", "a schedule that ends before its first run")
NEARLY_AN_ASSET = _rule("W1022", "nearly-an-asset", "a trigger on an asset whose name is nearly that of one that is published")

# 11: targets
UNKNOWN_TARGET_ATTRIBUTE = _rule("E1101", "unknown-target-attribute", "an attribute that a target does not have, or not in this place")
UNKNOWN_STEP_PATH = _rule("E1102", "unknown-step-path", "a target block that speaks of a step or call that is not there")
NAME_SHORTENED = _rule("W1103", "name-shortened", "a name that an engine has no room for, and what it is called there")
FAN_OUT_TOO_LONG = _rule("W1104", "fan-out-too-long", "a `for` over a list that may hold more items than an engine takes")
PARAMETERS_TOO_LARGE = _rule("E1105", "parameters-too-large", "defaults of parameters that are more than an engine takes for a run")
DAG_TOO_LARGE = _rule("W1106", "dag-too-large", "more steps side by side than an engine has been seen to start")
OVER_ENGINE_LIMIT = _rule("E1108", "over-engine-limit", "a pipeline that is larger than an engine accepts")
TOO_MANY_RETRIES = _rule("E1109", "too-many-retries", "more retries than an engine makes")
NOT_HONOURED = _rule("W1118", "not-honoured", "an image or resources that a target does not give to a step")
RAW_PATCH = _rule("W1119", "raw-patch", "something put into the emitted code as it is, which nothing checks")
NOT_EXPRESSIBLE = _rule("E1120", "not-expressible", "a construct that the target cannot express")
UNKNOWN_TARGET = _rule("E1121", "unknown-target", "a block for a target that is not installed")
TARGET_VERSION = _rule("E1122", "target-version", "a version that a target does not support, or an attribute that it does not have there")
IGNORED_BY_SERVER = _rule("W1123", "ignored-by-server", "a setting that this version of the engine accepts and ignores")

_ABOUT_CODE = frozenset(
    {
        MODULE_NOT_FOUND,
        FUNCTION_NOT_FOUND,
        ARGUMENT_MISMATCH,
        RETURN_MISMATCH,
        GENERATOR_FUNCTION,
        INLINE_NAME,
        CODE_NAME,
        SHELL_OUTPUT,
        SHELL_NAME,
        SHELL_SYNTAX,
    }
)


def leaves_whole(rule: Rule) -> bool:
    """Whether a program with such an error still says everything that is needed to run it.

    These are about the code behind a step, of which mloc knows only what its text tells.
    """
    return rule in _ABOUT_CODE
