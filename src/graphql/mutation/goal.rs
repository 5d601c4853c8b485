//! Setting, changing and closing goals.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::{Answer, Common, Done, patch, run};
use crate::{
    app::Target,
    domain::{
        command::{Command, SetGoal, UpdateGoal},
        event::{Closed, Patch},
        id::{GoalId, LearnerId},
        refusal::Refusal,
        time::Day,
    },
    graphql::{
        id::NodeId,
        object::{Goal, GoalStatus, LearnerRef},
        scalar::Date,
    },
};

/// Goals are set, changed and closed.
#[derive(Default)]
pub(super) struct GoalMutation;

#[Object]
impl GoalMutation {
    /// Sets a goal. A learner can have several, at most 100 in all; one that is active and equal
    /// already is answered with `changed: false`.
    async fn set_goal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the learner aims at.")] input: SetGoalInput,
    ) -> Option<Answer<SetGoalPayload>> {
        let target = Target::Learner(input.learner.clone().into());
        let (command, common) = input.split();
        let done = run(ctx, target, common, command).await;
        Some(done.map(|done| SetGoalPayload { goal: goal(&done), done }))
    }

    /// Changes an active goal. What is left out stays as it is; null clears it.
    async fn update_goal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateGoalInput,
    ) -> Option<Answer<UpdateGoalPayload>> {
        let target = owner(&input.goal);
        let (command, common) = input.split();
        let done = run(ctx, target, common, command).await;
        Some(done.map(|done| UpdateGoalPayload { goal: goal(&done), done }))
    }

    /// Closes a goal as reached or as given up.
    async fn close_goal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which goal, and how it ended.")] input: CloseGoalInput,
    ) -> Option<Answer<CloseGoalPayload>> {
        let status = match input.status {
            GoalStatus::Active => None,
            GoalStatus::Achieved => Some(Closed::Achieved),
            GoalStatus::Abandoned => Some(Closed::Abandoned),
        };
        let command = Command::CloseGoal { goal: goal_id(&input.goal), status };
        let done = run(ctx, owner(&input.goal), input.common, Ok(command)).await;
        Some(done.map(|done| CloseGoalPayload { goal: goal(&done), done }))
    }
}

fn goal(done: &Done) -> Option<Goal> {
    done.subject(|learner, id| Goal::find(&learner.0, GoalId(id)))
}

fn decode(id: &ID) -> Option<(LearnerId, GoalId)> {
    match NodeId::decode(id)? {
        NodeId::Goal(learner, goal) => Some((learner, goal)),
        _ => None,
    }
}

fn owner(id: &ID) -> Target {
    Target::Owner("goal", decode(id).map(|it| it.0))
}

/// The goal that an id names. One that names none never gets this far: it has no owner.
fn goal_id(id: &ID) -> GoalId {
    decode(id).map_or(GoalId(Default::default()), |it| it.1)
}

/// What the learner aims at.
#[derive(InputObject, Debug)]
pub(super) struct SetGoalInput {
    /// Whose goal.
    learner: LearnerRef,
    /// What the learner calls it: one line of 1 to 200 characters.
    title: String,
    /// Slug of the level aimed at, such as `junior`.
    level: String,
    /// Slug of the stack aimed at.
    stack: Option<String>,
    /// The day by which it should be reached.
    target_date: Option<Date>,
    /// Hours a week that the learner means to spend, 1 to 168.
    hours_per_week: Option<i32>,
    #[graphql(flatten)]
    common: Common,
}

impl SetGoalInput {
    fn split(self) -> (Result<Command, Refusal>, Common) {
        let target_date = self.target_date.map(|it| it.get("targetDate")).transpose();
        let command = target_date.map(|target_date| {
            Command::SetGoal(SetGoal {
                title: self.title,
                level: self.level,
                stack: self.stack,
                target_date,
                hours_per_week: self.hours_per_week,
            })
        });
        (command, self.common)
    }
}

/// What changes of a goal. What is left out stays as it is.
#[derive(InputObject, Debug)]
pub(super) struct UpdateGoalInput {
    /// The goal's id.
    goal: ID,
    /// What the learner calls it. It cannot be cleared.
    title: MaybeUndefined<String>,
    /// Slug of the level aimed at. It cannot be cleared.
    level: MaybeUndefined<String>,
    /// Slug of the stack aimed at; null clears it.
    stack: MaybeUndefined<String>,
    /// The day by which it should be reached; null clears it.
    target_date: MaybeUndefined<Date>,
    /// Hours a week that the learner means to spend, 1 to 168; null clears it.
    hours_per_week: MaybeUndefined<i32>,
    #[graphql(flatten)]
    common: Common,
}

impl UpdateGoalInput {
    fn split(self) -> (Result<Command, Refusal>, Common) {
        let goal = goal_id(&self.goal);
        let target_date: Result<Patch<Day>, _> = patch(self.target_date).try_map(|it| it.get("targetDate"));
        let command = target_date.map(|target_date| {
            Command::UpdateGoal(UpdateGoal {
                goal,
                title: patch(self.title),
                level: patch(self.level),
                stack: patch(self.stack),
                target_date,
                hours_per_week: patch(self.hours_per_week),
            })
        });
        (command, self.common)
    }
}

/// Which goal, and how it ended.
#[derive(InputObject, Debug)]
pub(super) struct CloseGoalInput {
    /// The goal's id.
    goal: ID,
    /// ACHIEVED or ABANDONED.
    status: GoalStatus,
    #[graphql(flatten)]
    common: Common,
}

/// What `setGoal` did.
#[derive(SimpleObject)]
pub(super) struct SetGoalPayload {
    /// The goal; null: nothing was done.
    goal: Option<Goal>,
    #[graphql(flatten)]
    done: Done,
}

/// What `updateGoal` did.
#[derive(SimpleObject)]
pub(super) struct UpdateGoalPayload {
    /// The goal; null: nothing was done.
    goal: Option<Goal>,
    #[graphql(flatten)]
    done: Done,
}

/// What `closeGoal` did.
#[derive(SimpleObject)]
pub(super) struct CloseGoalPayload {
    /// The goal; null: nothing was done.
    goal: Option<Goal>,
    #[graphql(flatten)]
    done: Done,
}
