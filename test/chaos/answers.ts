/** Whether every interaction had an answer within its 3 seconds, as long as there was a process to give one. */
import type { Evidence } from './evidence.ts';
import { ANSWER_FAULTS } from './faults.ts';

export interface AnswersResult {
  answered: number;
  /** A process or its connection went before their time was over. */
  'without an answer around a kill': number;
  'without an answer': number;
  violations: string[];
}

/** Discord waits so long. */
const ANSWER_MS = 3_000;

/** What nobody answered, with no kill and no lost connection around it, is explained by the faults that take an answer. */
export function checkAnswers({ asked, killedAt, goneAt, faults }: Evidence): AnswersResult {
  const gone = [...killedAt, ...goneAt];
  const unanswered = asked.filter(({ outcome }) => outcome === 'no-answer');
  const missing = unanswered.filter(({ sentAt }) => !gone.some((at) => at >= sentAt && at <= sentAt + ANSWER_MS));
  const taken = faults.filter(({ name }) => name.startsWith(ANSWER_FAULTS)).reduce((sum, { times }) => sum + times, 0);
  const names = missing.map(({ what, interactionId }) => `${what} ${interactionId}`).join(', ');
  return {
    answered: asked.length - unanswered.length,
    'without an answer around a kill': unanswered.length - missing.length,
    'without an answer': missing.length,
    violations:
      missing.length <= taken ? [] : [`${missing.length} had no answer (${names}), and ${taken} faults explain that.`],
  };
}
