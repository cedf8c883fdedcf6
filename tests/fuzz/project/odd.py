def broken(:
    return (
