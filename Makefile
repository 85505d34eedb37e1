# Every command of the project, each with its one line; they call tools and hold no logic.
