/** Where commands that people read put their text. */
export type Print = (text: string) => void;

export const toStdout: Print = (text) => {
  process.stdout.write(text);
};
