from datetime import datetime


class DatetimeWithNanoseconds(datetime):
    """Stands for the class of the cloud library of this name, which is a datetime without a zone unless given one."""
