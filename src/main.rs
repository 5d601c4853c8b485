//! Arguments, configuration, wiring. The one place that names an engine.

mod cli;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use milepost::graphql;

use cli::{GuideCommand, ServeOptions, ToolCommand};

// Much of what sled does is to allocate and to free: see docs/DEPENDENCIES.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tells people how far they are from being hireable as back-end developers, and why.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API; this is what happens without a command
    Serve(ServeOptions),
    /// Print the GraphQL schema
    Schema {
        /// As a subgraph publishes it, to compose it with others (Apollo Federation 2)
        #[arg(long)]
        federation: bool,
    },
    /// Work on guide documents
    #[command(subcommand)]
    Guide(GuideCommand),
    #[command(flatten)]
    Tool(ToolCommand),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        None => cli::serve(arguments.serve).map(|()| true),
        Some(Command::Serve(options)) => cli::serve(options).map(|()| true),
        Some(Command::Schema { federation }) => {
            let sdl = if federation { graphql::subgraph_sdl() } else { graphql::sdl() };
            cli::say(sdl.trim_end());
            Ok(true)
        }
        Some(Command::Guide(command)) => cli::guide(&command).map(|()| true),
        Some(Command::Tool(command)) => cli::run(&command),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        // What it found it has said.
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("milepost: {message}");
            ExitCode::FAILURE
        }
    }
}
