import os

import pandas as pd
import sqlalchemy


def load(rows: pd.DataFrame) -> None:
    engine = sqlalchemy.create_engine(os.environ["WAREHOUSE"])
    rows.to_sql("fact_events", engine, if_exists="append", index=False)
